import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { VfCounts } from "../types.ts";
import { moved } from "./fixture.ts";
import { type CountedBy, VfTotals } from "./totals.ts";

const VF = "0000:01:10.0";
const NAMES = Object.keys(moved(0)) as (keyof VfCounts)[];

/** Totals after readings that came one after the other. */
function totalsAfter(...readings: VfCounts[]): VfCounts | undefined {
  const totals = new VfTotals();
  for (const reading of readings) totals.take(VF, "pf", reading);
  return totals.all().get(VF);
}

describe("VfTotals", () => {
  it("counts the first reading whole and later ones by what was added", () => {
    expect(totalsAfter(moved(10))).toEqual(moved(10));
    expect(totalsAfter(moved(10), moved(10), moved(25))).toEqual(moved(25));
  });

  it("goes on where it was when the counters begin again", () => {
    expect(totalsAfter(moved(10), moved(4), moved(6))).toEqual(moved(16));
  });

  it("counts those whole that are past their old values when others show a reset", () => {
    const before = moved(10, { rxPackets: 1000 });
    const after = moved(30, { rxPackets: 40 });
    expect(totalsAfter(before, after)).toEqual(moved(40, { rxPackets: 1040 }));
  });

  it("does not take drops that go back for a reset", () => {
    const readings = [moved(10, { rxDropped: 5 }), moved(20, { rxDropped: 3 })];
    expect(totalsAfter(...readings)).toEqual(moved(20, { rxDropped: 5 }));
  });

  it("counts no packet twice when another one counts from now on", () => {
    const totals = new VfTotals();
    totals.take(VF, "netdev", moved(10));
    totals.take(VF, "pf", moved(10));
    expect(totals.all().get(VF)).toEqual(moved(10));
    totals.take(VF, "netdev", moved(3));
    expect(totals.all().get(VF)).toEqual(moved(10));
    totals.take(VF, "netdev", moved(5));
    expect(totals.all().get(VF)).toEqual(moved(12));
  });

  it("keeps VFs apart, and has none that was never read", () => {
    const totals = new VfTotals();
    totals.take("0000:01:10.0", "pf", moved(1));
    totals.take("0000:01:10.2", "pf", moved(2));
    expect([...totals.all()]).toEqual([
      ["0000:01:10.0", moved(1)],
      ["0000:01:10.2", moved(2)],
    ]);
  });

  it("never decreases, whatever is read and whoever has counted", () => {
    const counts = fc.record(
      Object.fromEntries(NAMES.map((name) => [name, fc.nat()])),
    ) as unknown as fc.Arbitrary<VfCounts>;
    const by = fc.constantFrom<CountedBy>("pf", "netdev");
    fc.assert(
      fc.property(fc.array(fc.tuple(by, counts), { minLength: 2 }), (readings) => {
        const totals = new VfTotals();
        let before = moved(0);
        for (const [who, reading] of readings) {
          totals.take(VF, who, reading);
          const now = totals.all().get(VF) ?? moved(0);
          for (const name of NAMES) expect(now[name]).toBeGreaterThanOrEqual(before[name]);
          before = now;
        }
      }),
    );
  });
});
