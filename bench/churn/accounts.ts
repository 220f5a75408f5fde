import { must } from "../../test/harness/run.ts";
import type { Dut } from "../duts/dut.ts";
import type { HostingDut } from "../duts/hosting.ts";
import type { Endpoint, Trial } from "../trial/types.ts";

/**
 * Where the test frames of the loaded pair went: what was sent and neither arrived nor was counted as
 * dropped by one of the devices on the way, or by the dataplane under a reason, is unaccounted for.
 */
export class Accounts {
  readonly #dut: Dut & HostingDut;
  #dropped = 0;
  #unaccounted = 0;

  /** @param dut whose counters are taken as they are now */
  static async open(dut: Dut & HostingDut): Promise<Accounts> {
    const accounts = new Accounts(dut);
    accounts.#dropped = await accounts.#drops();
    return accounts;
  }

  private constructor(dut: Dut & HostingDut) {
    this.#dut = dut;
  }

  /** @returns packets unaccounted for in all trials so far; less than none when others were dropped */
  async add({ sent, received }: Trial): Promise<number> {
    const dropped = await this.#drops();
    this.#unaccounted += sent - received - (dropped - this.#dropped);
    this.#dropped = dropped;
    return this.#unaccounted;
  }

  async #drops(): Promise<number> {
    const { lane, host } = this.#dut;
    const pods = [lane.tx, lane.rx].map(({ netns, ifname }) => `${netns}:${ifname}`);
    const { ports } = await host.agent.client.counters();
    const ours = ports.filter(({ attachment }) => pods.includes(attachment));
    const outside = ours.map(({ ifname }) => ({ netns: host.namespace.name, ifname }));
    const inside = [lane.tx, lane.rx];
    const ofAll = async (ends: readonly Endpoint[], count: typeof deviceDrops) =>
      sum(await Promise.all(ends.map(count)));
    const devices = await ofAll([...outside, ...inside], deviceDrops);
    // The kernel counts these at both ends, and where the dataplane has sent them it does, too.
    const twice = await ofAll(inside, refusedFrames);
    const thrice = await ofAll(outside, refusedFrames);
    const reasons = sum(ours.flatMap(({ drops }) => Object.values(drops)));
    return devices + reasons - twice - 2 * thrice;
  }
}

/** What the kernel has dropped at an interface, either way: ip-link(8), statistics. */
async function deviceDrops({ netns, ifname }: Endpoint): Promise<number> {
  const shown = await must("ip", ["-n", netns ?? "", "-s", "-json", "link", "show", ifname]);
  const [link] = JSON.parse(shown) as [{ stats64: Record<"rx" | "tx", { dropped: number }> }];
  return link.stats64.rx.dropped + link.stats64.tx.dropped;
}

/** XDP frames that were sent there and that the other end of the veth had no room for. */
async function refusedFrames({ netns, ifname }: Endpoint): Promise<number> {
  const shown = await must("ip", ["netns", "exec", netns ?? "", "ethtool", "-S", ifname]);
  const found = [...shown.matchAll(/tx_queue_\d+_xdp_xmit_errors: (\d+)/g)];
  return sum(found.map(([, count]) => Number(count)));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
