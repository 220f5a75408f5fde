import { expect } from "vitest";
import { type Faults, type ImpairDut, startImpair } from "../../bench/impair/dut.ts";
import { EXPERIMENTAL, frame, udp4 } from "../fixtures/bridge-frames.ts";
import { captureBehind, numbered, numberOf, sendInto } from "../fixtures/impair.ts";
import { bareScenario } from "../fixtures/scenario.ts";

const COUNT = 500;
const MAC = "02:00:00:00:00:01";
const numbers = Array.from({ length: COUNT }, (_, index) => index + 1);

/** Sends numbered frames one by one through the device; what comes out is `expected`, in order. */
function faulty(
  title: string,
  faults: Faults,
  expected: readonly number[],
  counted: Partial<Awaited<ReturnType<ImpairDut["takeCounters"]>>>,
): void {
  bareScenario(title, { needs: ["python"] }, async (scope) => {
    const dut = await startImpair(scope, faults);
    const arrived = await captureBehind(scope, dut.topology);
    await sendInto(dut.topology, numbers.map(numbered));
    expect((await arrived(expected.length)).map(numberOf)).toEqual(expected);
    const none = { lost: 0, duplicated: 0, reordered: 0, delayed: 0, overflow: 0, missed: 0 };
    const all = { received: COUNT, forwarded: expected.length, queued: 0 };
    expect(await dut.takeCounters()).toMatchObject({ ...all, ...none, ...counted });
    expect(await dut.takeCounters()).toMatchObject({ received: 0, forwarded: 0, ...none });
  });
}

faulty("A device without faults passes every frame on, in order", {}, numbers, {});

faulty(
  "A device that loses every 7th frame loses those and no other",
  { loseEvery: 7 },
  numbers.filter((number) => number % 7 !== 0),
  { lost: 71 },
);

faulty(
  "A device that duplicates every 9th frame sends those twice in a row",
  { duplicateEvery: 9 },
  numbers.flatMap((number) => (number % 9 === 0 ? [number, number] : [number])),
  { duplicated: 55 },
);

faulty(
  "A device that reorders every 10th frame lets the next three overtake it",
  { reorderEvery: 10, reorderBy: 3 },
  numbers.toSorted((a, b) => place(a) - place(b)),
  { reordered: 49 },
);

faulty("A device that delays keeps the order and counts every frame", { delayUs: 2000 }, numbers, {
  delayed: COUNT,
});

/** The last frame has no followers, leaves when none come, and is in order. */
function place(number: number): number {
  return number % 10 === 0 ? number + 3.5 : number;
}

bareScenario(
  "A device asked for it takes one off the TTL, and leaves everything else as it came",
  { needs: ["python"] },
  async (scope) => {
    const dut = await startImpair(scope, { ttl: 1 });
    const arrived = await captureBehind(scope, dut.topology);
    const packet = udp4("10.1.0.1", "10.2.0.1");
    const ip = frame({ src: MAC, type: 0x0800, payload: packet });
    const other = frame({ src: MAC, type: EXPERIMENTAL, payload: packet });
    await sendInto(dut.topology, [ip, other]);
    const [lowered = "", untouched] = await arrived(2);
    const [ttl, checksum] = [44, 48];
    expect(ip.slice(ttl, ttl + 2)).toBe("40");
    expect(lowered.slice(ttl, ttl + 2)).toBe("3f");
    // RFC 1624: what the TTL lost, in the upper half of its word, the sum gains.
    const before = Number.parseInt(ip.slice(checksum, checksum + 4), 16);
    expect(Number.parseInt(lowered.slice(checksum, checksum + 4), 16)).toBe(before + 0x0100);
    const blank = (text: string) =>
      text.slice(0, ttl) + text.slice(ttl + 2, checksum) + text.slice(checksum + 4);
    expect(blank(lowered)).toBe(blank(ip));
    expect(untouched).toBe(other);
  },
);
