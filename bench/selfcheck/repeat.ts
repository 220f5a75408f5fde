import { openPart, type Scope } from "../../test/harness/scope.ts";
import { repeatDoubtful } from "../methods/doubt.ts";
import { compare, type Side } from "../report/compare.ts";
import { defaultThreshold } from "../report/diff.ts";
import type { RunTrial } from "../trial/types.ts";
import { type Check, judge } from "./check.ts";
import { type KnownDevice, openDevice, type SelfcheckOptions, usualLoad } from "./device.ts";

const capacity = 50_000;
const slower = 0.95;
/** Frames: a pause of the generator does not leave the device without work. */
const queue = 1000;
const rounds = 4;
/** Above both capacities: the rate that comes through is the device's own. */
const rate = 75_000;
/** Before a disturbed trial is run again. */
const pauseMs = 200;

interface Run {
  /** Frames per second, one of each round. */
  values: number[];
  disturbance: number;
}

/** Whether two runs of the same are found to agree, and one of a slower device is told from them. */
export async function checkRepeats(scope: Scope, options: SelfcheckOptions): Promise<Check[]> {
  await using part = openPart(scope);
  const device = await openDevice(part, { capacity, queue }, options, "same");
  const less = { capacity: capacity * slower, queue };
  const other = await openDevice(part, less, options, "slower");
  const [a, b, c] = (await inTurns([device, device, other], options)) as [Run, Run, Run];
  return [
    checkVerdict("two runs of the same", 1, a, b),
    checkVerdict("a run 5 % slower", slower, a, c),
  ];
}

async function inTurns(devices: KnownDevice[], options: SelfcheckOptions): Promise<Run[]> {
  const { seconds, patience: times, onStep } = options;
  const turns = devices.map(({ run }) => {
    return { run: repeatDoubtful(run, { times, pauseMs }), values: [], disturbance: 0 };
  });
  for (let round = 1; round <= rounds; round++) {
    onStep?.(`repeats, round ${round} of ${rounds}`);
    for (const turn of turns) await take(turn, seconds);
  }
  return turns;
}

async function take(turn: Run & { run: RunTrial }, seconds: number): Promise<void> {
  const { receivedPps, disturbance } = await turn.run({ ...usualLoad, rate, seconds });
  turn.values.push(receivedPps);
  turn.disturbance = Math.max(turn.disturbance, disturbance);
}

/** Passes when the comparison comes to the right verdict, and not far from the true ratio. */
function checkVerdict(name: string, expected: number, a: Run, b: Run): Check {
  const options = { paired: true, threshold: defaultThreshold };
  const { ratio, verdict } = compare(side(a), side(b), options);
  const interval = ratio && `95 % interval ${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)}`;
  const check = judge(
    {
      ...{ name, unit: "ratio", expected, measured: ratio?.mean ?? 0 },
      disturbance: Math.max(a.disturbance, b.disturbance),
      note: `${verdict}: ${interval ?? "nothing arrived in a round"}`,
    },
    defaultThreshold * 100,
  );
  const right = expected === 1 ? "no difference found" : "regression";
  return { ...check, pass: check.pass && verdict === right };
}

/** Without flags: what disturbs the machine must not be taken for a difference. */
function side({ values }: Run): Side {
  const what = { scenario: "selfcheck", subject: "impair", metric: "throughput" };
  const measurement = { ...what, unit: "frames/s", better: "higher" as const, values, flags: [] };
  return { measurement, reference: undefined };
}
