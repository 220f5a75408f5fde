import type { Command } from "commander";
import { integerOption } from "../../src/cli/numbers.ts";
import { connectionRate } from "../connections/connection-rate.ts";
import { connectionSubjects } from "../connections/subjects.ts";
import { numberFlag, wordsFlag } from "./flags.ts";
import { addOutputOptions, type OutputOptions } from "./options.ts";
import { runSession, type Session } from "./session.ts";

interface ConnectionOptions extends OutputOptions {
  subjects?: string[];
  concurrency: number;
  pacedRate: number;
  trial: number;
  rounds: number;
}

export function addConnections(bench: Command): void {
  const command = bench
    .command("connections")
    .description("TCP connections per second between two pods, and how long one takes")
    .option("--subjects <list>", "with commas (default: all)", wordsFlag(connectionSubjects))
    .option("--concurrency <count>", "open at a time", integerOption(1, 4096), 64)
    .option("--paced-rate <rate>", "per second, for the delays", numberFlag(1, 1e6), 1000)
    .option("--trial <seconds>", "length of a window", numberFlag(0.1, 3600), 1)
    .option("--rounds <count>", "fewer than 3 are no basis for a claim", integerOption(1, 100), 5);
  addOutputOptions(command).action((options: ConnectionOptions) =>
    runSession("connections", options, (session) => runConnections(session, options)),
  );
}

async function runConnections(session: Session, options: ConnectionOptions): Promise<void> {
  const { scope, draft, live } = session;
  const { rounds, trial: seconds, concurrency, pacedRate, subjects } = options;
  const found = await connectionRate(scope, {
    ...{ rounds, seconds, concurrency, pacedRate, progress: (line) => live.say(`  ${line}`) },
    ...(subjects !== undefined && { subjects }),
  });
  for (const { name, description } of found.subjects) draft.addSubject(name, description);
  for (const scenario of found.scenarios) draft.addScenario(scenario);
  for (const { values, ...key } of found.measurements) {
    for (const value of values) draft.add({ ...key, value });
  }
  for (const note of found.notes) draft.note(note);
  draft.setReference("millrace");
}
