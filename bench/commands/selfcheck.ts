import type { Command } from "commander";
import { type Check, formatChecks } from "../selfcheck/check.ts";
import { type SelfcheckName, selfcheck, selfchecks } from "../selfcheck/selfcheck.ts";
import { Tester } from "../trial/tester.ts";
import { numberFlag, wordsFlag } from "./flags.ts";
import { addOutputOptions, type OutputOptions } from "./options.ts";
import { runSession, type Session } from "./session.ts";

interface SelfcheckCommandOptions extends OutputOptions {
  only?: SelfcheckName[];
  trial: number;
}

/** How often what failed on a busy machine is checked again. */
const patience = 3;

export function addSelfcheck(bench: Command): void {
  const names = Object.keys(selfchecks) as SelfcheckName[];
  const command = bench
    .command("selfcheck")
    .description("hold generator, sink and methods against devices whose faults are known")
    .option("--only <list>", `with commas: ${names.join(", ")}`, wordsFlag(names))
    .option("--trial <seconds>", "length of a trial", numberFlag(0.5, 60), 1);
  addOutputOptions(command).action((options: SelfcheckCommandOptions) => {
    const checks: Check[] = [];
    const work = (session: Session) => runChecks(session, options, checks);
    return runSession("selfcheck", options, work, () => formatChecks(checks));
  });
}

/** @param checks gets those that are done */
async function runChecks(
  session: Session,
  options: SelfcheckCommandOptions,
  checks: Check[],
): Promise<void> {
  const { scope, draft, live } = session;
  draft.addSubject("millrace-gen", "generator and sink of this checkout, on known faults");
  await selfcheck(scope, (part, lane) => Tester.open(part, lane), {
    ...{ only: options.only, seconds: options.trial, patience },
    onStep: (text) => live.step({ text, secondsLeft: 0 }),
    onChecks: (done) => {
      checks.push(...done);
      for (const check of done) {
        live.say(`  ${check.pass ? "pass" : "FAIL"}  ${check.name}`);
        record(session, check);
      }
    },
  });
  if (checks.some(({ pass }) => !pass)) process.exitCode = 1;
  draft.note(`${checks.filter(({ pass }) => pass).length} of ${checks.length} checks pass`);
}

function record({ draft }: Session, { name, expected, measured, unit, ...rest }: Check): void {
  const key = { scenario: name, subject: "millrace-gen", better: "lower" as const };
  draft.addScenario({ name });
  draft.add({ ...key, metric: "error", unit: "percent", value: Math.abs(rest.errorPercent) });
  draft.add({ ...key, metric: "expected", unit, value: expected });
  draft.add({ ...key, metric: "measured", unit, value: measured });
  if (rest.note !== undefined) draft.note(`${name}: ${rest.note}`);
}
