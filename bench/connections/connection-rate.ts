import type { Scope } from "../../test/harness/scope.ts";
import type { Measurement, Result, Scenario } from "../report/result.ts";
import { takeTurns } from "../scale/turns.ts";
import type { Path } from "../tcp/path.ts";
import { describeFailures, failures } from "./load.ts";
import { type Score, toMeasurements } from "./measurements.ts";
import { allPlacements, type Placement, type Sample, takeSample } from "./sample.ts";
import { type ConnectionScenario, connectionScenarios } from "./scenarios.ts";
import { connectionSubjects, startSubject } from "./subjects.ts";

export interface ConnectionRateOptions {
  rounds: number;
  /** Length of one window. */
  seconds: number;
  /** Connections open at a time, 1 to 4096; default 64. */
  concurrency?: number;
  /** Of `connectionSubjects`; default all of them. */
  subjects?: readonly string[];
  /** Connections per second at which delays are measured; default 1000. */
  pacedRate?: number;
  /** How often a window that other work disturbed is repeated; default 1. */
  patience?: number;
  /** Told of every window, in a line. */
  progress: (line: string) => void;
}

export interface ConnectionRate {
  measurements: Measurement[];
  subjects: Result["subjects"];
  notes: string[];
  scenarios: Scenario[];
}

/** Share of failed transactions above which RFC 9411 section 7.2 calls a rate not reached. */
const tolerated = 0.00001;

/** One subject under one scenario. */
interface Entry {
  path: Path;
  scenario: ConnectionScenario;
  samples: Map<Placement, Sample[]>;
}

/**
 * Measures how many TCP connections per second two pods can make through each subject, and how
 * long one takes, after RFC 9411 section 7.2 with one byte each way in place of HTTP. Subjects are
 * measured in turns, at every placement of the pods; the best placement is a subject's result.
 * @throws Error when a subject cannot be set up or completes no connection
 */
export async function connectionRate(
  scope: Scope,
  options: ConnectionRateOptions,
): Promise<ConnectionRate> {
  const { rounds, seconds, subjects = connectionSubjects, progress } = options;
  const { concurrency = 64, pacedRate = 1000, patience = 1 } = options;
  const scenarios = connectionScenarios({ seconds, concurrency, pacedRate });
  progress(`setting up ${subjects.length} pairs of pods`);
  const paths: Path[] = [];
  for (const subject of subjects) paths.push(await startSubject(scope, subject));
  const entries = scenarios.flatMap((scenario) =>
    paths.map((path): Entry => {
      return { path, scenario, samples: new Map(allPlacements.map((name) => [name, []])) };
    }),
  );
  await takeTurns(entries, rounds, scope.signal, (entry, round) =>
    visit(entry, patience, scope.signal, (line) =>
      progress(`round ${round + 1} of ${rounds}: ${line}`),
    ),
  );
  return {
    measurements: toMeasurements(entries.map(best)),
    subjects: paths.map(({ subject, description }) => ({ name: subject, description })),
    notes: [...explain(concurrency, pacedRate), ...entries.flatMap(complain)],
    scenarios: scenarios.map(({ name }) => ({ name, task: "connections" })),
  };
}

async function visit(
  { path, scenario, samples }: Entry,
  patience: number,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<void> {
  for (const [placement, taken] of samples) {
    signal.throwIfAborted();
    const sample = await takeSample(path, scenario.load, placement, patience);
    taken.push(sample);
    progress(`${scenario.name}: ${path.subject}, ${placement}: ${describe(sample)}`);
  }
}

/** Which placement is best is known at the end, from all rounds, so that noise does not choose it. */
function best({ path, scenario, samples }: Entry): Score {
  const [winner] = [...samples].toSorted(([, a], [, b]) => scenario.cost(a) - scenario.cost(b));
  const [placement, taken] = winner as [Placement, Sample[]];
  return { scenario, subject: path.subject, placement, samples: taken };
}

function describe({ rate, connections }: Sample): string {
  const words = `${rate.toFixed(0)} connections/s`;
  const failed = describeFailures(connections);
  return failed === "" ? words : `${words}, failed: ${failed}`;
}

function explain(concurrency: number, pacedRate: number): string[] {
  return [
    `a connection is connect, a byte, a byte back, close by the server with FIN; ${concurrency} open at a time, one thread each for client and server`,
    `tcp-crr opens them as fast as it can: its delays follow from rate and concurrency; tcp-crr-paced opens ${pacedRate} per second`,
    "both pods' TCP costs more than what lies between them: direct, a veth with no device, is what the pods reach by themselves",
    "CPU time is that of all cores, from their idle time, without other programs'",
  ];
}

function complain({ path, scenario, samples }: Entry): string[] {
  return [...samples].flatMap(([placement, taken]) => {
    const failed = taken.reduce((sum, { connections }) => sum + failures(connections), 0);
    const opened = taken.reduce((sum, { connections }) => sum + connections.opened, 0);
    if (failed <= opened * tolerated) return [];
    const where = `${scenario.name}, ${path.subject}, ${placement}`;
    return [
      `${where}: ${failed} of ${opened} connections failed, more than the 0.001 % of RFC 9411 section 7.2`,
    ];
  });
}
