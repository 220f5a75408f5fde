import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownName } from "./run-id.ts";
import { sweepLeftovers } from "./sweep.ts";

/** Everything one run makes, so that it can be taken away again. */
export interface Scope extends AsyncDisposable {
  /** Name of a thing of this run that a later run recognises when we are killed. */
  name(part: string): string;
  /** A directory for this run alone; not below a path that pods see. */
  dir: string;
  /** Aborted when the run is interrupted; programs that were started with it are killed. */
  signal: AbortSignal;
  /** Undone in reverse order, however the run ends. */
  cleanup: AsyncDisposableStack;
  /** Ends the run early. @param reason in words */
  interrupt(reason: string): void;
}

/** The run was ended from outside. */
export class Interrupted extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "Interrupted";
  }
}

export interface ScopeOptions {
  /** SIGINT, SIGTERM and SIGHUP end the run through the clean-up instead of killing the process. */
  catchSignals?: boolean;
}

/**
 * Opens a scope and sweeps what dead runs left. Use it with `await using`, or dispose of it in
 * `afterAll`.
 * @param purpose lower-case letters, e.g. "demo" or "test"
 */
export async function openScope(purpose: string, options: ScopeOptions = {}): Promise<Scope> {
  const abort = new AbortController();
  const cleanup = new AsyncDisposableStack();
  const interrupt = (reason: string) => abort.abort(new Interrupted(reason));
  // First in, so last undone: nothing may kill us in the middle of the clean-up.
  if (options.catchSignals) cleanup.defer(catchSignals(interrupt));
  await sweepLeftovers();
  const dir = mkdtempSync(join(tmpdir(), ownName(purpose, "")));
  cleanup.defer(() => rmSync(dir, { recursive: true, force: true }));
  return {
    name: (part) => ownName(purpose, part),
    dir,
    signal: abort.signal,
    cleanup,
    interrupt,
    async [Symbol.asyncDispose]() {
      interrupt("the run has ended");
      await cleanup.disposeAsync();
    },
  };
}

/** A part of a scope that ends earlier, with what was made in it; interrupted with the whole. */
export function openPart(scope: Scope): Scope {
  const cleanup = scope.cleanup.use(new AsyncDisposableStack());
  return { ...scope, cleanup, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
const PARENT_POLL_MS = 250;

/**
 * Repeated signals change nothing: the clean-up is bounded in time, and a shell, npm and an
 * impatient person may each send one. When the parent goes (npm's shell passes no signal on), so
 * do we.
 */
function catchSignals(interrupt: (reason: string) => void): () => void {
  const removers = SIGNALS.map((signal) => {
    const handler = () => interrupt(`interrupted by ${signal}`);
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) interrupt("interrupted: the parent process has ended");
  }, PARENT_POLL_MS).unref();
  return () => {
    clearInterval(timer);
    for (const remove of removers) remove();
  };
}
