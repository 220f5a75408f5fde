import { setTimeout as delay } from "node:timers/promises";
import { Interrupted, openScope, type Scope } from "../../test/harness/scope.ts";
import { unlessAborted } from "../lib/abort.ts";
import { raiseSession } from "../lib/priority.ts";
import type { Result } from "../report/result.ts";
import { formatSummary } from "../report/summary.ts";
import { Draft } from "./draft.ts";
import { Live } from "./live.ts";
import type { OutputOptions } from "./options.ts";
import { checkOutputs, writeOutputs } from "./output.ts";
import { versionText } from "./version.ts";

/** What a command of the bench works with. */
export interface Session {
  /** Removes everything that was made, however the command ends. */
  scope: Scope;
  draft: Draft;
  live: Live;
}

const interruptedStatus = 130;
/** A terminal interrupts our children too, and their end may be seen before our own signal. */
const signalLagMs = 100;

/**
 * Runs a measurement, prints its result and writes the files that were asked for. A signal ends it:
 * what it made is removed, what it had finished is written all the same, and the status is 130. So
 * is what had been finished when it fails.
 * @param render the result as it is printed
 * @throws Error when it cannot begin, or why it failed
 */
export async function runSession(
  method: string,
  options: OutputOptions,
  work: (session: Session) => Promise<void>,
  render: (result: Result) => string = formatSummary,
): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("a benchmark needs root: network namespaces, XDP");
  checkOutputs(options);
  const version = await versionText();
  const draft = new Draft({ method, command: commandLine(), version });
  try {
    await using scope = await openScope("bench", { catchSignals: true });
    scope.cleanup.use(raiseSession());
    const live = new Live(process.stderr, options.quiet ?? false);
    const failure = await failureOf(work({ scope, draft, live }), scope.signal);
    live.close();
    const report = () => reportOn(draft.finish(), options, render);
    if (failure === null) return await report();
    draft.note(`ended early, with what was finished until then: ${failure.message}`);
    if (!draft.isEmpty) await report();
    throw failure;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.stderr.write(`millrace: ${error.message}; what it made is removed\n`);
    process.exitCode = interruptedStatus;
  }
}

async function failureOf(work: Promise<void>, signal: AbortSignal): Promise<Error | null> {
  try {
    await unlessAborted(work, signal);
    return null;
  } catch (error) {
    return (await isInterrupted(signal)) ? signal.reason : (error as Error);
  }
}

/** Whether something failed because we are interrupted, of which we may hear a moment later. */
export async function isInterrupted(signal: AbortSignal): Promise<boolean> {
  if (!signal.aborted) await delay(signalLagMs);
  return signal.aborted;
}

async function reportOn(
  result: Result,
  options: OutputOptions,
  render: (result: Result) => string,
): Promise<void> {
  process.stdout.write(render(result));
  for (const path of await writeOutputs(result, options)) {
    process.stderr.write(`written    ${path}\n`);
  }
}

/** As one would type it. */
function commandLine(): string[] {
  return ["millrace", ...process.argv.slice(2)];
}
