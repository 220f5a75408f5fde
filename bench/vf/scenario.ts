import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../src/setup/run.mjs";
import { sriovCni, sriovCniForGuests } from "../../test/harness/sriov-cni.ts";
import { GUEST_CONTROL, runGuest } from "../../test/harness/vm-guest.ts";
import { findGuest, type GuestFiles } from "../../test/harness/vm-store.ts";
import { callRows } from "../cni/call-rows.ts";
import { watchOthers } from "../lib/cpu-time.ts";
import { median } from "../lib/stats.ts";
import type { Group, Outcome, Row, RunOptions, Target } from "../row.ts";
import { addRatio } from "./ratio.ts";
import type { Measured, VfTimes } from "./times.ts";

const subjects = ["millrace", "sriov-cni"] as const;
const totalPairs = 40;
/** ADD of ours takes at most this part of the peer's time. */
const targetRatio = 0.7;
const limitMs = 30 * 60_000;
const timesFile = "times.json";

async function run(names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds } = options;
  const leftOut = (why: string) => ({ rows: [], targets: [], notes: [`left out: ${why}`] });
  const peer = sriovCni();
  if (peer.lacks !== "") return leftOut(peer.lacks);
  const { files, lacks } = await findGuest(scope.signal);
  if (files === null) return leftOut(lacks);
  const usedByOthers = watchOthers();
  const pairs = Math.ceil(totalPairs / rounds);
  const { times, starts, kernel } = await measureInGuest(files, pairs, options);
  const rows = names.flatMap((name) => rowsOf(name, times));
  const others = Math.round(usedByOthers() * 100);
  const notes = [
    `${files.about}, emulated unless there is KVM: only ratios mean something`,
    `${pairs * rounds} ADD and DEL each, interleaved, of the same VF; sriov-cni is ${peer.path}`,
    `a program that does nothing takes ${median(starts).toFixed(0)} ms there, part of every call`,
    `moving the VF and taking its link up takes the kernel ${median(kernel).toFixed(0)} ms of every ADD`,
    `others used ${others} % of a CPU meanwhile`,
  ];
  return { rows, notes, targets: names.map((name) => judge(name, times)) };
}

async function measureInGuest(
  files: GuestFiles,
  pairs: number,
  { scope, rounds, progress }: RunOptions,
): Promise<Measured> {
  const control = join(scope.dir, "guest");
  mkdirSync(control);
  const script = join(import.meta.dirname, "in-guest.ts");
  const program = [process.execPath, script, String(rounds), String(pairs)];
  const variables = ["MILLRACE_GUEST=igb", ...sriovCniForGuests()];
  const said: string[] = [];
  const { status, failure } = await runGuest({
    ...{ files, hardware: ["igb"], directory: root, control, signal: scope.signal, limitMs },
    command: ["env", ...variables, ...program, join(GUEST_CONTROL, timesFile)],
    onOutput: (text) => {
      said.push(text);
      for (const line of text.split("\n")) if (line.startsWith("round ")) progress(line);
    },
  });
  if (status === 0) return JSON.parse(readFileSync(join(control, timesFile), "utf8"));
  throw new Error(`the guest: ${failure || `exit status ${status}: ${said.join("")}`}`);
}

const rowsOf = (scenario: string, times: readonly VfTimes[]): Row[] =>
  subjects.flatMap((subject) => {
    const own = times.filter((one) => one.scenario === scenario && one.subject === subject);
    return callRows(
      scenario,
      subject,
      own.map(({ calls }) => calls),
    );
  });

/** The target is for ADD; DEL is shown. */
function judge(scenario: string, times: readonly VfTimes[]): Target {
  const ratio = addRatio(times.filter((one) => one.scenario === scenario));
  const text = `${scenario}: ADD at most ${targetRatio} x sriov-cni's: ${ratio.toFixed(2)}`;
  return { text, pass: ratio <= targetRatio };
}

export const vfAttachTimes: Group = {
  scenarios: [
    {
      name: "vf-add",
      subjects,
      what: "a VF attached and detached as it is, in a guest with igb: p50 and p95",
    },
    {
      name: "vf-add-keys",
      subjects,
      what: "the same with VLAN, MAC, trust and spoofchk",
    },
  ],
  run,
};
