import type { DevicePlugin, PluginStatus } from "../../sriov/device-plugin/plugin.ts";
import { PoolSource, poolDevices } from "../../sriov/device-plugin/pool-devices.ts";
import { resourceOf } from "../../sriov/device-plugin/resource.ts";
import type { SriovConfig, SriovPool } from "../config/schema.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Vfs } from "./vfs.ts";

/** Between two looks at the VFs: so long a VF may be gone before the kubelet hears of it. */
const LOOK_MS = 5000;

export interface VfPoolsOptions {
  vfs: Pick<Vfs, "look" | "pfs" | "problemOf">;
  pools: readonly SriovPool[];
  kubeletDir: string;
  registration?: SriovConfig["registration"];
  deviceInfoDir?: string;
  lookMs?: number;
  log: Logger;
}

/** Offers the VFs of each pool to the kubelet, with their health. */
export class VfPools {
  readonly #options: VfPoolsOptions;
  readonly #sources: ReadonlyMap<SriovPool, PoolSource>;
  #plugins: DevicePlugin[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #failure = "";

  constructor(options: VfPoolsOptions) {
    this.#options = options;
    const offered = options.pools.filter(({ devicePlugin }) => devicePlugin);
    this.#sources = new Map(offered.map((pool) => [pool, new PoolSource()]));
  }

  /** @throws Error when the name of a pool makes the path of its socket too long */
  async start(): Promise<void> {
    const { kubeletDir, deviceInfoDir, registration, log, lookMs = LOOK_MS } = this.#options;
    if (this.#options.pools.length === 0) return;
    await this.#look();
    if (this.#sources.size === 0) return;
    // gRPC takes a while to load, and an agent without pools needs none.
    const { openDevicePlugin } = await import("../../sriov/device-plugin/plugin.ts");
    for (const [pool, source] of this.#sources) {
      const { excludeTopology, additionalInfo, pfPreference: preference } = pool;
      const known = Object.keys(additionalInfo).length > 0 ? additionalInfo : null;
      const options = {
        resource: resourceOf(pool),
        source,
        ...{ excludeTopology, preference, additionalInfo: known },
        ...(registration && { registration }),
      };
      this.#plugins.push(openDevicePlugin({ ...options, kubeletDir, deviceInfoDir, log }));
    }
    this.#timer = setInterval(() => this.#lookAgain(), lookMs);
  }

  status(): PluginStatus[] {
    return this.#plugins.map((plugin) => plugin.status());
  }

  /** The next agent goes on with the same pools: what pods have got stays theirs. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    for (const plugin of this.#plugins.splice(0)) await plugin.close("keep");
  }

  #lookAgain(): void {
    this.#looking = this.#looking.then(() => this.#look());
  }

  // The VFs of a pool that is not offered are no others' either.
  #tell(): void {
    const { vfs, pools } = this.#options;
    const problem: Vfs["problemOf"] = (vf, pf) => vfs.problemOf(vf, pf);
    for (const [pool, devices] of poolDevices(pools, vfs.pfs, problem)) {
      this.#sources.get(pool)?.set(devices);
    }
  }

  // What was known stays while sysfs or netlink cannot be read.
  async #look(): Promise<void> {
    const { vfs, log } = this.#options;
    try {
      await vfs.look();
      this.#tell();
      this.#failure = "";
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#failure) log.warn({ err: error }, "VFs could not be looked at");
      this.#failure = message;
    }
  }
}
