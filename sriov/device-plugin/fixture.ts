import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { vi } from "vitest";
import type { DeviceSource, PluginDevice } from "./device.ts";
import { FakeKubelet } from "./fake-kubelet.ts";
import type { Device } from "./messages.ts";
import { type DevicePlugin, openDevicePlugin, type PluginOptions } from "./plugin.ts";
import { NOT_YET } from "./plugin-log.ts";

export const PF0 = "0000:01:00.0";
export const PF1 = "0000:02:00.0";

/** A VF of a PF, healthy, on NUMA node 0. */
export function vf(pf: string, index: number, changes: Partial<PluginDevice> = {}): PluginDevice {
  const id = `${pf.slice(0, 8)}10.${index}`;
  return { id, healthy: true, reason: "", numaNode: 0, pfAddress: pf, vfio: null, ...changes };
}

export class FakeSource implements DeviceSource {
  readonly #listeners = new Set<() => void>();
  #devices: readonly PluginDevice[];

  constructor(devices: readonly PluginDevice[]) {
    this.#devices = devices;
  }

  get subscriptions(): number {
    return this.#listeners.size;
  }

  devices(): readonly PluginDevice[] {
    return this.#devices;
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  }

  set(devices: readonly PluginDevice[]): void {
    this.#devices = devices;
    for (const changed of this.#listeners) changed();
  }

  change(id: string, changes: Partial<PluginDevice>): void {
    this.set(
      this.#devices.map((device) => (device.id === id ? { ...device, ...changes } : device)),
    );
  }
}

/** A node's directories with a kubelet and plugins, all of them real but for the devices. */
export class PluginNode {
  readonly dir = mkdtempSync(join(tmpdir(), "millrace-dp-"));
  readonly kubelet = new FakeKubelet(this.dir);
  readonly deviceInfoDir = join(this.dir, "devinfo/dp");
  readonly source = new FakeSource([vf(PF0, 0), vf(PF0, 1)]);
  /** What the plugins logged, of level info and above. */
  readonly lines: Record<string, unknown>[] = [];
  readonly #plugins: DevicePlugin[] = [];

  /** A plugin that has looked for its kubelet. */
  async open(options: Partial<PluginOptions> = {}): Promise<DevicePlugin> {
    const plugin = this.begin(options);
    await eventually(() => plugin.status().problem !== NOT_YET);
    return plugin;
  }

  begin(options: Partial<PluginOptions> = {}): DevicePlugin {
    const plugin = openDevicePlugin({
      resource: { prefix: "intel.com", name: "sriov" },
      source: this.source,
      kubeletDir: this.dir,
      deviceInfoDir: this.deviceInfoDir,
      log: pino({ level: "info" }, { write: (line) => void this.lines.push(JSON.parse(line)) }),
      ...options,
    });
    this.#plugins.push(plugin);
    return plugin;
  }

  /** A kubelet that runs, and a plugin that it has a list of. */
  async openKnown(options: Partial<PluginOptions> = {}): Promise<DevicePlugin> {
    await this.kubelet.start();
    const plugin = await this.open(options);
    await this.listed(1);
    return plugin;
  }

  /** Waits until the kubelet has got so many lists. @returns the last one */
  async listed(count: number): Promise<Device[]> {
    await eventually(() => this.kubelet.lists.length >= count);
    return this.kubelet.lists.at(-1) as Device[];
  }

  get messages(): unknown[] {
    return this.lines.map(({ msg, reason }) => (reason === undefined ? msg : `${msg}: ${reason}`));
  }

  /** Files under the node's directory; the directories themselves stay. */
  files(): string[] {
    return readdirSync(this.dir, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  }

  mkdir(name: string): string {
    const path = join(this.dir, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  async close(): Promise<void> {
    for (const plugin of this.#plugins) await plugin.close();
    this.kubelet.die();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Leaves a socket as a process does that is killed: nobody listens. */
export async function staleSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.bound`, resolve));
  renameSync(`${path}.bound`, path);
  await new Promise((resolve) => server.close(resolve));
}

/** Waits until it is so, for 5 s at most. */
export async function eventually(isSo: () => boolean): Promise<void> {
  await vi.waitUntil(isSo, { timeout: 5000, interval: 5 });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
