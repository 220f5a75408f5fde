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
import { OVERLAY_SECTIONS } from "./overlay/sections.ts";
import { type OverlayStage, openOverlay } from "./overlay/stage.ts";
import type { Progress } from "./progress.ts";
import { openStage, type Stage } from "./stage.ts";
import { DemoStopped, type Played, playSection, type Section } from "./step.ts";

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

/** Scenes on a stage of their own. */
interface Act<S extends Played> {
  title: string;
  /** Of the check that says how long it took until everything was ready. */
  start: { name: string; label: string; row: string };
  open(scope: Scope): Promise<S>;
  /** What was opened, in words. */
  describe(stage: S): string;
  sections: readonly Section<S>[];
}

const NODE_ACT: Act<Stage> = {
  title: "Agent and three pods, in network namespaces of their own",
  start: { name: "agent-start", label: "agent ready", row: "agent" },
  open: openStage,
  describe: ({ agent }) => `with four namespaces, pid ${agent.pid}`,
  sections: SECTIONS,
};

const OVERLAY_ACT: Act<OverlayStage> = {
  title: "Two nodes and a wire between them: networks across nodes, by VXLAN",
  start: { name: "overlay-start", label: "both agents ready", row: "overlay nodes" },
  open: openOverlay,
  describe: ({ agents }) =>
    `with seven namespaces, pids ${agents.map(({ pid }) => pid).join(" and ")}`,
  sections: OVERLAY_SECTIONS,
};

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
  const logs: (() => string)[] = [];
  const scope = await openScope("demo", { catchSignals: true });
  try {
    await playAct(NODE_ACT, { scope, board, progress, logs });
    await playAct(OVERLAY_ACT, { scope, board, progress, logs });
  } catch (error) {
    if (error instanceof Interrupted) interruption = error.message;
    else if (!(error instanceof DemoStopped)) addFailure(board, "demo", errorLine(error));
  }
  const complaints = logs.map((log) => complaintsOf(log())).join("");
  progress.heading("Clean-up");
  const left = await progress.during(interruption ?? "cleaning up", () => cleanUp(scope, board));
  const text = left.length === 0 ? "nothing" : left.join(", ");
  const check = { name: "nothing-left", ok: left.length === 0, value: left.length };
  const shown = { ...check, unit: "things", label: "left behind on this machine", text };
  board.add({ ...shown, row: "left behind", cell: `on this machine: ${text}` });
  progress.line(shown.ok, shown.label, text);
  return { board, interruption, complaints };
}

interface Theatre {
  scope: Scope;
  board: Board;
  progress: Progress;
  /** Of every agent that was started. */
  logs: (() => string)[];
}

async function playAct<S extends Played>(act: Act<S>, theatre: Theatre): Promise<void> {
  const { board, progress, logs } = theatre;
  progress.heading(act.title);
  const stage = await progress.during("starting", () => openTimed(act, theatre));
  logs.push(...stage.agents.map(({ log }) => log));
  for (const section of act.sections) await playSection(section, stage, board, progress);
}

async function openTimed<S extends Played>(
  { start, open, describe }: Act<S>,
  { scope, board, progress }: Theatre,
): Promise<S> {
  const started = performance.now();
  const stage = await open(scope);
  const value = Math.round(performance.now() - started);
  const text = `${value} ms ${describe(stage)}`;
  board.add({ ...start, ok: true, value, unit: "ms", text, cell: `ready in ${value} ms` });
  progress.line(true, start.label, text);
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
