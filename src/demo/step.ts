import type { AgentProcess } from "../../test/harness/agent-process.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { errorLine } from "../cli/errors.ts";
import type { Board, ShownCheck } from "./check.ts";
import type { Live, Progress } from "./progress.ts";
import type { Stage } from "./stage.ts";

/** What every act of the demo plays with. */
export interface Played {
  scope: Pick<Scope, "signal">;
  /** Without one of them nothing works. */
  agents: readonly Pick<AgentProcess, "running" | "log">[];
}

/** One scene of the demo. What it throws fails the check it is named after. */
export interface Step<S extends Played = Stage> {
  name: string;
  label: string;
  unit: string;
  /** Of the table at the end. */
  row: string;
  /** Nothing after it makes sense when it fails. */
  essential?: boolean;
  run(stage: S, live: Live): Promise<ShownCheck[]>;
}

export interface Section<S extends Played = Stage> {
  title: string;
  steps: Step<S>[];
}

/** An essential step failed; its check says why. */
export class DemoStopped extends Error {}

/**
 * Plays a section step by step, shows each result and puts it on the board.
 * @throws DemoStopped, or the reason of the interruption
 */
export async function playSection<S extends Played>(
  section: Section<S>,
  stage: S,
  board: Board,
  progress: Progress,
): Promise<void> {
  progress.heading(section.title);
  for (const step of section.steps) {
    checkAlive(stage, board, progress);
    const results = await progress.during(step.label, (live) => play(step, stage, live));
    for (const result of results) {
      progress.line(result.ok, result.label, result.text);
      if (result.detail !== undefined) progress.detail(result.detail);
      board.add(result);
    }
    if (step.essential && results.some(({ ok }) => !ok)) throw new DemoStopped(step.label);
  }
}

/** Without an agent every later step would fail for a reason that is none. */
function checkAlive({ agents }: Played, board: Board, progress: Progress): void {
  if (agents.every((agent) => agent.running())) return;
  const label = "agent alive";
  const text = "it ended by itself";
  const check = { name: "agent-alive", ok: false, value: 0, unit: "" };
  progress.line(false, label, text);
  board.add({ ...check, label, text, row: "agent", cell: text });
  throw new DemoStopped(text);
}

async function play<S extends Played>(step: Step<S>, stage: S, live: Live): Promise<ShownCheck[]> {
  const { signal } = stage.scope;
  signal.throwIfAborted();
  try {
    return await step.run(stage, live);
  } catch (error) {
    // What an interrupted step says is the interruption, in the words of whoever noticed first.
    signal.throwIfAborted();
    const { name, label, unit, row } = step;
    const text = errorLine(error);
    return [{ name, label, unit, row, ok: false, value: 0, text, cell: `${label} failed` }];
  }
}
