import { describe, expect, it } from "vitest";
import type { Namespace } from "../../test/harness/namespace.ts";
import { stackPlacements, xdpPlacements } from "../duts/placements.ts";
import { atSeat, seatedScene, seats } from "./contestants.ts";
import { scenarioOf } from "./recorder.ts";

const nowhere = {} as Namespace;
const kernel = stackPlacements({ dut: nowhere, sender: nowhere });
const program = xdpPlacements(nowhere);

describe("the seat of a device", () => {
  it("leaves the placements with as many cores, and all where each may be at its best", () => {
    const [all, one, own] = seats.map((seat) => atSeat(kernel, seat).placements("skb"));
    expect(one).toEqual([
      "CPU 0 with the sender, run to completion",
      "CPU 0 with the sender, NAPI (GRO on)",
    ]);
    expect(own).toHaveLength(3);
    expect([...(one ?? []), ...(own ?? [])].toSorted()).toEqual([...(all ?? [])].toSorted());
  });

  it("keeps out what a source cannot have", () => {
    const names = atSeat(kernel, "one-core").placements("frame");
    expect(names).toEqual(["CPU 0 with the sender, NAPI (GRO on)"]);
  });

  it("goes for XDP programs too", () => {
    expect(atSeat(program, "own-core").placements("skb")).toEqual([
      "XDP in threaded NAPI on CPU 1",
    ]);
  });

  it("makes a scenario of its own, but for the best, whose name stays as it was", () => {
    const traffic = { source: "skb" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 1 };
    const scene = scenarioOf({ task: "route", ...traffic });
    expect(seats.map((seat) => seatedScene(scene, seat).name)).toEqual([
      "route-64B-1flow-skb",
      "route-64B-1flow-skb-one-core",
      "route-64B-1flow-skb-own-core",
    ]);
  });
});
