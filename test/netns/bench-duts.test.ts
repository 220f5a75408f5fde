import { expect } from "vitest";
import type { Dut, Task } from "../../bench/duts/dut.ts";
import type { DutKind } from "../../bench/duts/kind.ts";
import { sentTtl } from "../../bench/duts/lane.ts";
import { duts } from "../../bench/duts/list.ts";
import { vni } from "../../bench/duts/tunnel.ts";
import type { Source } from "../../bench/frames/types.ts";
import { Tester } from "../../bench/trial/tester.ts";
import type { Trial } from "../../bench/trial/types.ts";
import { forwardOne, read, testBytes } from "../fixtures/bench-duts.ts";
import { bareScenario } from "../fixtures/scenario.ts";

/** Fewer than a veth holds. */
const FRAMES = 200;
const TRIALS = 5;
const FLOWS = 64;
/** Far below what any of them can carry, on a busy machine too. */
const PER_SECOND = 5000;
/** The first one fetches packages of Debian, once for all runs. */
const TIMEOUT_MS = 180_000;

for (const kind of duts) {
  for (const task of kind.tasks) {
    bareScenario(
      `${kind.name} forwards (${task}): frames arrive as its lane says, from either source`,
      { needs: ["python", "ethtool"], timeoutMs: TIMEOUT_MS, lacks: () => whatIsMissing(kind) },
      async (scope) => {
        const dut = await kind.start(scope, task);
        expect(dut.name).toBe(kind.name);
        await expectHeaders(dut, task);
        const tester = await Tester.open(scope, dut.lane);
        for (const source of kind.sources) await expectBurst(dut, tester, source);
      },
    );
  }
}

const whatIsMissing = async (kind: DutKind) => (await kind.missing()) ?? "";

async function expectHeaders(dut: Dut, task: Task): Promise<void> {
  await dut.prepare(dut.placements("skb")[0] ?? "");
  const { sent, arrived, receiver } = await forwardOne(dut.lane);
  await dut.rest();
  expect(arrived.length).toBe(sent.length + dut.lane.arrival.addedBytes);
  expect(read(arrived)).toEqual({ ...read(sent), ...changes(dut, task, receiver) });
}

/** What a device changes of a frame for an interface with the address `receiver`. */
function changes({ name, lane }: Dut, task: Task, receiver: string) {
  if (name === "none") return {};
  return {
    // It swaps the addresses instead of looking one up.
    to: name === "xdp-redirect" ? lane.frame.ethernet.source : receiver,
    ttl: lane.arrival.ttl ?? sentTtl,
    vni: task === "vxlan-encap" ? vni : null,
  };
}

/** The tester refuses frames with another TTL, a wrong checksum or the stamp at another place. */
async function expectBurst(dut: Dut, tester: Tester, source: Source): Promise<void> {
  for (const placement of dut.placements(source)) {
    await dut.prepare(placement);
    const { received, duplicates } = await burst(tester, source);
    await dut.rest();
    const all = { received: FRAMES, duplicates: 0 };
    expect({ placement, received, duplicates }).toEqual({ placement, ...all });
  }
}

/** On a busy machine a device may be without a CPU for longer than a trial: it gets a few. */
async function burst({ run }: Pick<Tester, "run">, source: Source, left = TRIALS): Promise<Trial> {
  const sizes = [{ bytes: testBytes, weight: 1 }];
  const load = { source, sizes, flows: FLOWS, rate: PER_SECOND, seconds: 1, frames: FRAMES };
  try {
    const trial = await run(load);
    return trial.received === FRAMES || left === 1 ? trial : await burst({ run }, source, left - 1);
  } catch (error) {
    if (left === 1) throw error;
    return await burst({ run }, source, left - 1);
  }
}
