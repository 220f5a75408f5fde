import { median, quantile, spread } from "../lib/stats.ts";
import {
  type Group,
  makeRow,
  type Outcome,
  type Row,
  type RunOptions,
  type Target,
} from "../row.ts";
import { routes, type Subject, startApi, startMirror } from "./change-subjects.ts";
import type { Verb } from "./table.ts";

const scenario = "route-changes";
/** Single changes per round: half of them make the route, half take it back. */
const singles = 50;
const limits = { perSecond: 100_000, p99Ms: 100 };

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds, progress } = options;
  progress("setting up two nodes");
  const subjects = [await startApi(scope), await startMirror(scope)];
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const subject = subjects[(round + turn) % subjects.length] as Subject;
      await measure(subject, scope.signal);
      progress(`round ${round + 1} of ${rounds}: ${describeRound(subject)}`);
    }
  }
  return {
    rows: subjects.flatMap(makeRows),
    notes: [
      `rates: ${routes} routes at once; of the mirror with the time that the kernel takes`,
      `change: one more route comes or goes beside ${routes}, ${singles} times a round; by the API until it has answered, by the kernel until the API shows the change`,
    ],
    targets: subjects.flatMap(judge),
  };
}

async function measure(subject: Subject, signal: AbortSignal): Promise<void> {
  await timeAll(subject, "add");
  const times: number[] = [];
  for (let change = 0; change < singles; change++) {
    signal.throwIfAborted();
    const started = performance.now();
    await subject.one(change % 2 === 0 ? "add" : "del");
    times.push(performance.now() - started);
  }
  subject.times.push(times);
  await timeAll(subject, "del");
}

async function timeAll(subject: Subject, verb: Verb): Promise<void> {
  const started = performance.now();
  const changed = await subject.all(verb);
  subject.rates[verb].push(changed / ((performance.now() - started) / 1000));
}

function makeRows({ name: subject, rates, times }: Subject): Row[] {
  const key = { scenario, subject };
  const rateRows = (["add", "del"] as const).map((verb) =>
    makeRow(
      { ...key, metric: `${verb}-rate`, unit: "routes/s" },
      spread(rates[verb]),
      times.length,
    ),
  );
  const timeRows = ([0.5, 0.99] as const).map((q) => {
    const { min, max } = spread(times.map((round) => quantile(round, q)));
    const all = { median: quantile(times.flat(), q), min, max };
    return makeRow({ ...key, metric: `change-p${q * 100}`, unit: "ms" }, all, times.length);
  });
  return [...rateRows, ...timeRows];
}

function judge({ name, rates, times }: Subject): Target[] {
  const perSecond = { add: median(rates.add), del: median(rates.del) };
  const p99 = quantile(times.flat(), 0.99);
  return [
    {
      text: `${name}: at least ${limits.perSecond / 1000} k routes/s: ${thousands(perSecond.add)} k made, ${thousands(perSecond.del)} k taken back`,
      pass: Math.min(perSecond.add, perSecond.del) >= limits.perSecond,
    },
    {
      text: `${name}: a single change beside ${routes} routes below ${limits.p99Ms} ms (p99): ${p99.toFixed(1)} ms`,
      pass: p99 < limits.p99Ms,
    },
  ];
}

function describeRound({ name, rates, times }: Subject): string {
  const last = times.at(-1) ?? [];
  const [add, del] = [rates.add.at(-1) ?? 0, rates.del.at(-1) ?? 0];
  return `${name}: ${thousands(add)} k routes/s made, ${thousands(del)} k taken back, a change in ${median(last).toFixed(1)} ms`;
}

function thousands(value: number): string {
  return (value / 1000).toFixed(0);
}

export const routeChanges: Group = {
  scenarios: [
    {
      name: scenario,
      subjects: ["api", "mirror"],
      what: `${routes} routes made and taken back by the API and by the kernel; a single change beside them`,
    },
  ],
  run,
};
