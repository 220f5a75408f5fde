import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { NETNS_DIR } from "../../test/harness/namespace.ts";
import { Interrupted, openScope, type Scope } from "../../test/harness/scope.ts";
import { errorLine } from "../cli/errors.ts";
import { formatLogLine } from "../telemetry/pretty.ts";
import { Board } from "./check.ts";
import { attachSection } from "./checks/attach.ts";
import { cniCheckSection } from "./checks/cni-check.ts";
import { counterSection } from "./checks/counters.ts";
import { detachSection } from "./checks/detach.ts";
import { isolationSection } from "./checks/isolation.ts";
import { packetRateSection } from "./checks/packet-rate.ts";
import { pingSection } from "./checks/ping.ts";
import { streamSection } from "./checks/streams.ts";
import type { Progress } from "./progress.ts";
import { openStage, type Stage } from "./stage.ts";
import { DemoStopped, playSection, type Section } from "./step.ts";

const SECTIONS: readonly Section[] = [
  attachSection,
  pingSection,
  streamSection,
  isolationSection,
  packetRateSection,
  cniCheckSection,
  counterSection,
  detachSection,
];

export interface DemoOutcome {
  board: Board;
  /** Why it ended early, null when it did not. */
  interruption: string | null;
  /** Warnings and worse from the log of the agent, one per line. */
  complaints: string;
}

/** Plays everything and cleans up, whatever happens; throws nothing. */
export async function runDemo(progress: Progress): Promise<DemoOutcome> {
  const board = new Board();
  let interruption: string | null = null;
  let stage: Stage | null = null;
  const scope = await openScope("demo", { catchSignals: true });
  try {
    progress.heading("Agent and three pods, in network namespaces of their own");
    stage = await progress.during("starting", () => openTimed(scope, board, progress));
    for (const section of SECTIONS) await playSection(section, stage, board, progress);
  } catch (error) {
    if (error instanceof Interrupted) interruption = error.message;
    else if (!(error instanceof DemoStopped)) addFailure(board, "demo", errorLine(error));
  }
  const complaints = complaintsOf(stage?.agent.log() ?? "");
  progress.heading("Clean-up");
  const left = await progress.during(interruption ?? "cleaning up", () => cleanUp(scope, board));
  const text = left.length === 0 ? "nothing" : left.join(", ");
  const check = { name: "nothing-left", ok: left.length === 0, value: left.length };
  const shown = { ...check, unit: "things", label: "left behind on this machine", text };
  board.add({ ...shown, row: "left behind", cell: `on this machine: ${text}` });
  progress.line(shown.ok, shown.label, text);
  return { board, interruption, complaints };
}

async function openTimed(scope: Scope, board: Board, progress: Progress): Promise<Stage> {
  const started = performance.now();
  const stage = await openStage(scope);
  const value = Math.round(performance.now() - started);
  const text = `${value} ms with four namespaces, pid ${stage.agent.pid}`;
  const check = { name: "agent-start", ok: true, value, unit: "ms", label: "agent ready", text };
  board.add({ ...check, row: "agent", cell: `ready in ${value} ms` });
  progress.line(true, check.label, text);
  return stage;
}

/** What is left after it is looked for in the system, not in our own books. */
async function cleanUp(scope: Scope, board: Board): Promise<string[]> {
  try {
    await scope[Symbol.asyncDispose]();
  } catch (error) {
    addFailure(board, "clean-up", errorLine(error));
  }
  const all = [...namesIn(NETNS_DIR), ...namesIn(tmpdir())];
  return all.filter((name) => name.startsWith(scope.name("")));
}

function addFailure(board: Board, name: string, text: string): void {
  board.add({ name, ok: false, value: 0, unit: "", row: name, label: name, text, cell: text });
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // /run/netns comes with the first namespace
  }
}

function complaintsOf(log: string): string {
  const lines = log.split("\n").filter((line) => /"level":"(warn|error|fatal)"/.test(line));
  return lines.map((line) => formatLogLine(line)).join("");
}
