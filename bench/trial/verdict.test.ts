import { describe, expect, it } from "vitest";
import type { Sent } from "./generator.ts";
import type { SinkReading } from "./sink.ts";
import type { Load } from "./types.ts";
import { checkArrival, flagsOf } from "./verdict.ts";

const load: Load = {
  source: "skb",
  sizes: [{ bytes: 64, weight: 1 }],
  flows: 1,
  rate: 1000,
  seconds: 1,
};
const sent: Sent = { sent: 1000, bytes: 60_000, started: 1, seconds: 1, idle: 0, mode: "copy" };
const seen: SinkReading = {
  seconds: 2,
  mode: "native",
  packets: 1000,
  bytes: 60_000,
  duplicates: 0,
  reordered: 0,
  corrupt: 0,
  misrouted: 0,
  other: 0,
  next: 1000,
  drops: 0,
  delays: { count: 0, sum: 0, min: 0, max: 0, jitter: 0, buckets: [] },
};

describe("flags of a trial", () => {
  const names = (...args: Parameters<typeof flagsOf>) => flagsOf(...args).map(({ name }) => name);

  it("has none when everything went as it should", () => {
    expect(names(load, sent, seen, 0.02)).toEqual([]);
  });

  it("says that the generator did not keep the rate", () => {
    const [flag] = flagsOf(load, { ...sent, sent: 980 }, seen, 0);
    expect(flag).toEqual({ name: "generator-limited", text: "sent 980 of 1000 frames/s" });
  });

  it("does not expect a rate of a generator that was not given one", () => {
    expect(names({ ...load, rate: null }, { ...sent, sent: 10 }, seen, 0)).toEqual([]);
  });

  it("says that the receiving interface lost frames", () => {
    expect(names(load, sent, { ...seen, drops: 2 }, 0)).toEqual(["sink-limited"]);
  });

  it("says that others used the CPU", () => {
    const [flag] = flagsOf(load, sent, seen, 0.25);
    expect(flag).toEqual({ name: "disturbed", text: "others used 25 % of a CPU" });
  });
});

describe("arrival of frames", () => {
  it("refuses a device that forwards nothing", () => {
    const check = () => checkArrival({ ...seen, packets: 0, other: 3 }, sent, load);
    expect(check).toThrow("none of 1000 frames arrived (3 other frames did)");
  });

  it("takes a burst of which nothing arrives for a loss", () => {
    const check = () => checkArrival({ ...seen, packets: 0 }, sent, { ...load, frames: 1000 });
    expect(check).not.toThrow();
  });

  it("refuses a device that breaks headers", () => {
    const check = () => checkArrival({ ...seen, corrupt: 2 }, sent, load);
    expect(check).toThrow("2 sampled frames have a wrong IPv4 checksum");
  });

  it("refuses a device that does not decrement the TTL", () => {
    const check = () => checkArrival({ ...seen, misrouted: 2 }, sent, load);
    expect(check).toThrow("another TTL");
  });

  it("takes a stray frame of somebody else for what it is", () => {
    expect(() => checkArrival({ ...seen, other: 20 }, sent, load)).not.toThrow();
    expect(() => checkArrival({ ...seen, other: 21 }, sent, load)).toThrow("21 frames");
  });
});
