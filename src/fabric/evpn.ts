import type { Logger } from "../telemetry/log.ts";
import { EvpnFollower } from "./evpn-follower.ts";
import { EvpnTeller, nodesOf } from "./evpn-nodes.ts";
import type { EvpnFabricOptions, EvpnKernel } from "./evpn-options.ts";
import { sweepEvpn } from "./evpn-sweep.ts";
import type {
  FabricDriver,
  FabricListener,
  FabricNetworkKey,
  FabricNode,
  FabricStatus,
} from "./fabric.ts";

export type { EvpnFabricOptions, EvpnKernel } from "./evpn-options.ts";
export { sweepEvpn } from "./evpn-sweep.ts";

/** Everything is read again this often, whatever the kernel tells of changes. */
const FULL_MS = 30_000;
/** Pause after a failure. */
const RETRY_MS = 1000;
/** At most half of the time goes into reading tables that change all the time. */
const MIN_PAUSE_MS = 20;

export interface EvpnDriver extends FabricDriver {
  /** To be called for events "kernel-fdb" of the dataplane. @param ifindex 0 for any device */
  kernelChanged(ifindex: number): void;
}

/**
 * A driver for nodes that a routing daemon such as FRR learns of by EVPN (RFC 7432, RFC 8365): it
 * reads what the daemon programs into the kernel's VXLAN devices, and puts our stations into their
 * bridges, from where the daemon announces them.
 */
export function evpnDriver(
  options: EvpnFabricOptions,
  kernel: EvpnKernel,
  log: Logger,
): EvpnDriver {
  return new Driver(options, kernel, log);
}

class Driver implements EvpnDriver {
  readonly #options: EvpnFabricOptions;
  readonly #kernel: EvpnKernel;
  readonly #log: Logger;
  readonly #followers: readonly EvpnFollower[];
  #own: FabricNode | null = null;
  #teller: EvpnTeller | null = null;
  #swept = false;
  #sweepError = "";
  #synchronised = false;
  #synchronisedAt = 0;
  #fullAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | null = null;
  #pauseUntil = 0;
  #closed = false;

  constructor(options: EvpnFabricOptions, kernel: EvpnKernel, log: Logger) {
    this.#options = options;
    this.#kernel = kernel;
    this.#log = log;
    this.#followers = options.devices.map(({ vxlan }) => new EvpnFollower(kernel, vxlan, log));
  }

  async start(own: FabricNode, listener: FabricListener): Promise<void> {
    if (this.#teller !== null) throw new Error("the evpn driver was started already");
    this.#teller = new EvpnTeller(listener, this.#log);
    this.publish(own);
    this.#schedule(0);
  }

  publish(own: FabricNode): void {
    this.#own = own;
    this.kernelChanged(0);
  }

  kernelChanged(ifindex: number): void {
    if (this.#closed || this.#own === null) return;
    const concerned = this.#followers.filter((one) => one.isConcerned(ifindex));
    for (const follower of concerned) follower.dirty = true;
    if (concerned.length > 0) this.#schedule(0);
  }

  status(): FabricStatus {
    const errors = [this.#sweepError, ...this.#followers.map(({ error }) => error)];
    const lastError = errors.find((error) => error !== "") ?? "";
    return {
      driver: "evpn",
      connected: this.#synchronised && !this.#closed && lastError === "",
      nodes: this.#teller?.size ?? 0,
      synchronisedAt: this.#synchronisedAt,
      rejected: this.#followers.flatMap(({ rejected }) => rejected),
      lastError,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Runs once after so many milliseconds, or earlier when that is due already. */
  #schedule(delayMs: number): void {
    const at = Math.max(performance.now() + delayMs, this.#pauseUntil);
    if (this.#closed || this.#running !== null || at >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => this.#start(), Math.max(0, at - performance.now()));
  }

  #start(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const startedAt = performance.now();
    this.#running = this.#run().finally(() => {
      const now = performance.now();
      this.#pauseUntil = now + Math.max(MIN_PAUSE_MS, now - startedAt);
      this.#running = null;
      const dirty = this.#followers.some((one) => one.dirty && one.error === "");
      const failed = this.status().lastError !== "" || !this.#swept;
      this.#schedule(dirty ? 0 : failed ? RETRY_MS : Math.max(0, this.#fullAt + FULL_MS - now));
    });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const startedAt = performance.now();
    const full = this.#fullAt === 0 || startedAt - this.#fullAt >= FULL_MS;
    if (full) this.#fullAt = startedAt;
    await this.#sweep();
    for (const follower of this.#followers) {
      if (this.#closed) return;
      const own = this.#own as FabricNode;
      if (full || follower.dirty || follower.error !== "") await follower.run(own);
    }
    if (!this.#closed) this.#tell(full);
  }

  async #sweep(): Promise<void> {
    if (this.#swept) return;
    try {
      const links = await sweepEvpn(this.#kernel, this.#options);
      if (links.length > 0) this.#log.info({ links }, "removed ports of devices not configured");
      this.#swept = true;
      this.#sweepError = "";
    } catch (error) {
      this.#sweepError = (error as Error).message;
    }
  }

  #tell(full: boolean): void {
    const read = this.#followers.flatMap(({ remotes }) => remotes ?? []);
    this.#teller?.tell(nodesOf(read), read.length < this.#followers.length ? this.#unread() : []);
    if (!this.#followers.every(({ isRead }) => isRead)) return;
    if (!this.#synchronised) this.#teller?.synchronised();
    if (full || !this.#synchronised) this.#synchronisedAt = Date.now();
    this.#synchronised = true;
  }

  /** Our networks without a device that was ever read: VNI and port of the others are not known. */
  #unread(): FabricNetworkKey[] {
    const unread = this.#own?.networks.filter(
      (network) => !this.#followers.some((one) => one.carries(network)),
    );
    return unread?.map(({ vni, udpPort }) => ({ vni, udpPort })) ?? [];
  }
}
