import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  type Client,
  type ClientReadableStream,
  credentials,
  makeClientConstructor,
  Server,
  ServerCredentials,
  type ServiceError,
} from "@grpc/grpc-js";
import type {
  Device,
  DevicePluginOptions,
  ListAndWatchResponse,
  PluginInfo,
  RegisterRequest,
} from "./messages.ts";
import { devicePlugin, kubeletRegistration, pluginRegistration } from "./protocol.ts";
import { unary } from "./service.ts";

const PluginClient = makeClientConstructor(devicePlugin, "v1beta1.DevicePlugin");
const WatcherClient = makeClientConstructor(pluginRegistration, "pluginregistration.Registration");

type Remote = Client & Record<string, (request: object, callback: Callback) => void>;
type Callback = (error: ServiceError | null, answer: unknown) => void;

/**
 * The kubelet's side of the protocol, as its device manager plays it: it calls GetDevicePluginOptions
 * before it answers Register, then opens ListAndWatch; it clears its directory when it starts.
 */
export class FakeKubelet {
  readonly directory: string;
  readonly registry: string;
  readonly registrations: { at: number; request: RegisterRequest }[] = [];
  readonly lists: Device[][] = [];
  options: DevicePluginOptions | null = null;
  /** What Register is answered with, if not with success. */
  refusal: Error | null = null;
  /** Waited for before Register is dealt with. */
  hold: Promise<void> = Promise.resolve();
  #server: Server | null = null;
  #clients: Client[] = [];
  #streams: ClientReadableStream<ListAndWatchResponse>[] = [];

  constructor(kubeletDir: string) {
    this.directory = join(kubeletDir, "device-plugins");
    this.registry = join(kubeletDir, "plugins_registry");
  }

  get socket(): string {
    return join(this.directory, "kubelet.sock");
  }

  /** @returns when it can be reached, on the clock of performance.now() */
  async start(sockets: "wipe" | "keep" = "wipe"): Promise<number> {
    for (const dir of [this.directory, this.registry]) mkdirSync(dir, { recursive: true });
    if (sockets === "wipe") this.wipe();
    this.#server = new Server();
    this.#server.addService(kubeletRegistration, {
      Register: unary((request: RegisterRequest) => this.#register(request)),
    });
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      const done = (error: Error | null) => (error === null ? resolve() : reject(error));
      server.bindAsync(`unix:${this.socket}`, ServerCredentials.createInsecure(), done);
    });
    return performance.now();
  }

  /** As when the process is killed: its connections end, and nothing is said. */
  die(): void {
    this.drop();
    this.#server?.forceShutdown();
    this.#server = null;
  }

  /** Ends its connections to plugins. */
  drop(): void {
    for (const stream of this.#streams) stream.cancel();
    for (const client of this.#clients) client.close();
    this.#streams = [];
    this.#clients = [];
  }

  /** What the kubelet does to the sockets of plugins when it starts. */
  wipe(): void {
    for (const name of readdirSync(this.directory)) {
      const path = join(this.directory, name);
      if (lstatSync(path).isSocket()) rmSync(path);
    }
  }

  /** The plugin watcher's part: asks each socket of the registry what it is, and takes it in. */
  async discover(refusal = ""): Promise<PluginInfo[]> {
    const names = readdirSync(this.registry).filter((name) => !name.startsWith("."));
    return Promise.all(names.map((name) => this.#take(join(this.registry, name), refusal)));
  }

  /** Calls a method of the plugin that was registered last. */
  call<Answer>(method: string, request: object): Promise<Answer> {
    return ask(this.#clients.at(-1) as Remote, method, request);
  }

  async #register(request: RegisterRequest): Promise<object> {
    this.registrations.push({ at: performance.now(), request });
    await this.hold;
    if (this.refusal !== null) throw this.refusal;
    await this.#connect(join(this.directory, request.endpoint));
    return {};
  }

  async #connect(socket: string): Promise<void> {
    const client = new PluginClient(`unix:${socket}`, credentials.createInsecure());
    this.#clients.push(client);
    this.options = await ask(client as unknown as Remote, "GetDevicePluginOptions", {});
    const stream = (client as unknown as Watching).ListAndWatch({});
    this.#streams.push(stream);
    stream.on("data", ({ devices }) => void this.lists.push(devices));
    stream.on("error", () => {});
  }

  async #take(socket: string, refusal: string): Promise<PluginInfo> {
    // So does grpc-go since 1.58 name a socket that it was given by path.
    const named = { "grpc.default_authority": encodeURIComponent(socket) };
    const client = new WatcherClient(`unix:${socket}`, credentials.createInsecure(), named);
    const remote = client as unknown as Remote;
    const info = await ask<PluginInfo>(remote, "GetInfo", {});
    if (refusal === "") await this.#connect(info.endpoint === "" ? socket : info.endpoint);
    const status = { plugin_registered: refusal === "", error: refusal };
    await ask(remote, "NotifyRegistrationStatus", status);
    client.close();
    return info;
  }
}

interface Watching {
  ListAndWatch(request: object): ClientReadableStream<ListAndWatchResponse>;
}

function ask<Answer>(client: Remote, method: string, request: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    (client[method] as Remote[string]).call(client, request, (error, answer) => {
      if (error === null) resolve(answer as Answer);
      else reject(error);
    });
  });
}
