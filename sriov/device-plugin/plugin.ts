import { basename, dirname, join } from "node:path";
import { Closers } from "../../src/agent/closers.ts";
import type { Logger } from "../../src/telemetry/log.ts";
import { Allocator } from "./allocate.ts";
import type { AdditionalInfo, DeviceSource } from "./device.ts";
import { DeviceInfoFiles } from "./device-info.ts";
import { logHealth } from "./health-log.ts";
import { Lookout } from "./lookout.ts";
import { PluginLog, type Standing } from "./plugin-log.ts";
import { PluginServer } from "./plugin-server.ts";
import { PluginSocket } from "./plugin-socket.ts";
import type { PfPreference } from "./preferred.ts";
import { devicePlugin, pluginRegistration } from "./protocol.ts";
import { registerWay } from "./register-way.ts";
import { Registrar, type RegistrationWay } from "./registrar.ts";
import { type Resource, resourceName, socketName } from "./resource.ts";
import { devicePluginService } from "./service.ts";
import { WatchStreams } from "./watch-streams.ts";
import { pluginRegistrationService, watcherWay } from "./watcher-way.ts";

const KUBELET_DIR = "/var/lib/kubelet";
const KUBELET_SOCKET = "kubelet.sock";

export interface PluginOptions {
  resource: Resource;
  source: DeviceSource;
  /** Says nothing of NUMA nodes, so that the kubelet's topology manager does not mind them. */
  excludeTopology?: boolean;
  additionalInfo?: AdditionalInfo | null;
  preference?: PfPreference;
  /** How the kubelet learns of us: one way, since it drops a plugin known twice when either ends. */
  registration?: "register" | "watcher";
  /** Default: /var/lib/kubelet */
  kubeletDir?: string | undefined;
  /** Default: where Multus looks. */
  deviceInfoDir?: string | undefined;
  log: Logger;
}

export interface PluginStatus extends Standing {
  resource: string;
  socket: string;
  /** Open ListAndWatch streams: 1, and one more for each time that our socket was wiped meanwhile. */
  streams: number;
}

/**
 * Offers the devices of one pool to the kubelet, protocol v1beta1, until it is closed. A kubelet
 * that is away or restarts is waited for; status() says why it does not know us.
 *
 * Needs kubelet 1.26: older ones send the path of the socket as :authority of HTTP/2, which
 * nghttp2 refuses as malformed. The plugin watcher's own calls have the path percent-encoded since
 * kubelet 1.29 (grpc-go 1.58); before, only "register" works.
 * @throws Error when the resource's name makes the path of its socket too long
 */
export function openDevicePlugin(options: PluginOptions): DevicePlugin {
  const plugin = new DevicePlugin(options);
  plugin.start();
  return plugin;
}

export class DevicePlugin {
  readonly #options: PluginOptions;
  readonly #log: PluginLog;
  readonly #files: DeviceInfoFiles;
  readonly #server = new PluginServer();
  readonly #socket: PluginSocket;
  readonly #streams: WatchStreams;
  readonly #registrar: Registrar;
  readonly #lookout: Lookout;
  readonly #closers = new Closers();

  constructor(options: PluginOptions) {
    const { resource, source, excludeTopology = false } = options;
    this.#options = options;
    this.#log = new PluginLog(options.log.child({ resource: resourceName(resource) }));
    this.#files = new DeviceInfoFiles(resource, options.deviceInfoDir);
    this.#socket = new PluginSocket(pathOf(options), (peer) => this.#server.accept(peer));
    this.#streams = new WatchStreams(source, excludeTopology, () => this.#streamsChanged());
    this.#registrar = new Registrar({
      way: wayOf(options, this.#socket.path),
      socket: this.#socket,
      streams: this.#streams,
      log: this.#log,
      lookIn: (ms) => this.#lookout.in(ms),
    });
    this.#serve();
    this.#lookout = this.#lookOut();
  }

  start(): void {
    this.#closers.push(() => this.#server.close());
    this.#closers.push(() => this.#streams.endAll());
    this.#closers.push(() => this.#socket.remove());
    this.#closers.push(logHealth(this.#options.source, this.#log));
    this.#closers.push(() => this.#registrar.stop());
    this.#closers.push(() => this.#lookout.stop());
    void this.#lookout.now();
  }

  status(): PluginStatus {
    return {
      resource: resourceName(this.#options.resource),
      socket: this.#socket.path,
      streams: this.#streams.count,
      ...this.#log.standing,
    };
  }

  /**
   * Takes the devices back from the kubelet and leaves no socket.
   * @param files "keep" when the pool will be back: a pod may have devices but no network yet
   */
  async close(files: "remove" | "keep" = "remove"): Promise<void> {
    await this.#closers.closeAll();
    if (files === "remove") await this.#files.removeAll();
  }

  #serve(): void {
    const { resource, source, additionalInfo = null, preference = "spread" } = this.#options;
    const allocator = new Allocator({ resource, source, additionalInfo, files: this.#files });
    const parts = { source, preference, allocator, streams: this.#streams };
    this.#server.serve(devicePlugin, devicePluginService(parts));
    if (this.#options.registration !== "watcher") return;
    const service = pluginRegistrationService(resource, {
      registered: () => this.#log.registered(),
      refused: (reason) => this.#registrar.refused(reason),
    });
    this.#server.serve(pluginRegistration, service);
  }

  #lookOut(): Lookout {
    return new Lookout({
      directory: dirname(this.#socket.path),
      names: [basename(this.#socket.path), KUBELET_SOCKET],
      look: () => this.#registrar.look(),
      failed: (error) => this.#log.problem((error as Error).message),
    });
  }

  #streamsChanged(): void {
    this.#registrar.streamsChanged();
  }
}

function pathOf({ kubeletDir = KUBELET_DIR, registration, resource }: PluginOptions): string {
  const directory = registration === "watcher" ? "plugins_registry" : "device-plugins";
  return join(kubeletDir, directory, socketName(resource));
}

function wayOf(options: PluginOptions, path: string): RegistrationWay {
  if (options.registration === "watcher") return watcherWay(path);
  return registerWay(options.resource, join(dirname(path), KUBELET_SOCKET));
}
