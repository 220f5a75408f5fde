import type { Bdf, VfCounts } from "../types.ts";

/** Who has counted: the PF for its VF, or the netdev of the VF for itself. */
export type CountedBy = "pf" | "netdev";

interface Entry {
  by: CountedBy;
  last: VfCounts;
  total: VfCounts;
}

const ZERO: VfCounts = {
  rxPackets: 0,
  txPackets: 0,
  rxBytes: 0,
  txBytes: 0,
  rxDropped: 0,
  txDropped: 0,
};

const TRAFFIC = ["rxPackets", "txPackets", "rxBytes", "txBytes"] as const;

/**
 * Adds up what was counted for each VF. The kernel begins again at zero when a VF, its driver or its
 * PF is reset; these totals only ever grow. No VF is forgotten: one that cannot be read for a while,
 * on its way between namespaces, would count twice when it is back.
 */
export class VfTotals {
  readonly #entries = new Map<Bdf, Entry>();

  /** Takes what is counted now. The first reading counts whole, with all from before the agent. */
  take(address: Bdf, by: CountedBy, now: VfCounts): void {
    const { total, ...before } = this.#entries.get(address) ?? { by, last: ZERO, total: ZERO };
    this.#entries.set(address, { by, last: now, total: sum(total, growth(before, by, now)) });
  }

  /** By VF, as they are now. */
  all(): Map<Bdf, VfCounts> {
    return new Map([...this.#entries].map(([address, { total }]) => [address, total]));
  }
}

function growth({ by, last }: Omit<Entry, "total">, byNow: CountedBy, now: VfCounts): VfCounts {
  // All begin again at once, also those that are past their old values already. Drops do not tell:
  // drivers compute them from others, and they may go back by some.
  const beganAgain = TRAFFIC.some((name) => now[name] < last[name]);
  // Where another one counts from now on, it has counted the same frames up to now.
  if (beganAgain && by === byNow) return now;
  return combine(now, last, (a, b) => Math.max(0, a - b));
}

const sum = (a: VfCounts, b: VfCounts): VfCounts => combine(a, b, (x, y) => x + y);

function combine(a: VfCounts, b: VfCounts, of: (a: number, b: number) => number): VfCounts {
  return {
    rxPackets: of(a.rxPackets, b.rxPackets),
    txPackets: of(a.txPackets, b.txPackets),
    rxBytes: of(a.rxBytes, b.rxBytes),
    txBytes: of(a.txBytes, b.txBytes),
    rxDropped: of(a.rxDropped, b.rxDropped),
    txDropped: of(a.txDropped, b.txDropped),
  };
}
