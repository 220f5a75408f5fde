import type { Logger } from "../telemetry/log.ts";
import { type EvpnDevice, readDevice } from "./evpn-device.ts";
import type { EvpnKernel } from "./evpn-options.ts";
import { EvpnPublisher } from "./evpn-publisher.ts";
import { type Remotes, remotesOf } from "./evpn-remotes.ts";
import type { FabricNetworkKey, FabricNode } from "./fabric.ts";

type Rejected = { key: string; reason: string };

/** Keeps one VXLAN device and what we know of it in step, both ways. */
export class EvpnFollower {
  readonly name: string;
  /** The device may have changed since it was read. */
  dirty = true;
  /** The last attempt to read it succeeded. */
  isRead = false;
  /** Of the last complete reading; null before the first. */
  remotes: Remotes | null = null;
  /** Why the last attempt failed; "" when it did not. */
  error = "";
  readonly #kernel: EvpnKernel;
  readonly #log: Logger;
  readonly #publisher: EvpnPublisher;
  #contested: readonly Rejected[] = [];
  #device: EvpnDevice | null = null;

  constructor(kernel: EvpnKernel, name: string, log: Logger) {
    this.name = name;
    this.#kernel = kernel;
    this.#log = log;
    this.#publisher = new EvpnPublisher(kernel, name);
  }

  get rejected(): readonly Rejected[] {
    return [...(this.remotes?.rejected ?? []), ...this.#contested];
  }

  /** Whether it is the device of this network; false before the first reading. */
  carries({ vni, udpPort }: FabricNetworkKey): boolean {
    const vxlan = this.#device?.vxlan;
    return vxlan?.vni === vni && vxlan.udpPort === udpPort;
  }

  /** Before the device is known, anything may be it. */
  isConcerned(ifindex: number): boolean {
    if (ifindex === 0 || this.#device === null || this.error !== "") return true;
    const { vxlan } = this.#device;
    return ifindex === vxlan.ifindex || ifindex === vxlan.bridgeIfindex;
  }

  /** Reads the device, then has the kernel agree with our node. Never rejects. */
  async run(own: FabricNode): Promise<void> {
    this.dirty = false;
    this.isRead = false;
    try {
      const device = await readDevice(this.#kernel, this.name, this.#device);
      this.#device = device;
      this.remotes = remotesOf(device);
      this.isRead = true;
      this.#contested = await this.#publisher.write(own, device);
      this.#succeeded();
    } catch (error) {
      this.#failed((error as Error).message);
    }
  }

  #succeeded(): void {
    if (this.error !== "") this.#log.info({ device: this.name }, "following EVPN again");
    this.error = "";
  }

  /** What was read before stays. Each attempt fails for the same reason; once is enough. */
  #failed(reason: string): void {
    if (this.error !== reason) this.#log.warn({ device: this.name, reason }, "EVPN is away");
    this.error = reason;
  }
}
