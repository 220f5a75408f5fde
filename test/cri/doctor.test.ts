import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Finding } from "../../src/doctor/finding.ts";
import { type CriLab, criScenario } from "../fixtures/cri.ts";
import { CLI } from "../harness/paths.ts";

const LIST = { cniVersion: "0.4.0", name: "other", plugins: [{ type: "ptp" }] };

interface Case {
  title: string;
  /** A file beside ours, which is 10-millrace.conflist. */
  file: string;
  content: string;
  /** Whether containerd takes our file, another one, or none at all. */
  takes: "ours" | "other" | "none";
}

const CASES: Case[] = [
  { title: "a broken file before ours", file: "00-a.conflist", content: "{", takes: "none" },
  { title: "a broken file after ours", file: "20-a.conflist", content: "{", takes: "ours" },
  {
    title: "a list in a file for one plugin",
    file: "00-a.conf",
    content: JSON.stringify(LIST),
    takes: "none",
  },
  {
    title: "a list that sorts first by its bytes",
    file: "1-a.conflist",
    content: JSON.stringify(LIST),
    takes: "other",
  },
  {
    title: "a list with a smaller number that sorts behind",
    file: "9-a.conflist",
    content: JSON.stringify(LIST),
    takes: "ours",
  },
  { title: "a leftover", file: "00-a.conflist.bak", content: "{", takes: "ours" },
];

criScenario("What the doctor says of a CNI directory is what containerd does", {}, async (lab) => {
  // Without it ours is not ready, and says so: by that it is told from the others.
  await lab.agent.stop();
  for (const { title, file, content, takes } of CASES) {
    const path = join(lab.containerd.paths.cniConf, file);
    writeFileSync(path, content);
    const said = await doctorTakes(lab, file);
    const done = await containerdTakes(lab);
    expect({ title, said, done }).toEqual({ title, said: takes, done: takes });
    rmSync(path);
  }
});

async function doctorTakes({ node, containerd, agent }: CriLab, other: string) {
  const { cniConf, cniBin } = containerd.paths;
  const places = ["--conf-dir", cniConf, "--bin-dir", cniBin, "--socket", agent.socket];
  const { stdout } = await node.run(process.execPath, [CLI, "doctor", "--json", ...places]);
  const findings = (JSON.parse(stdout) as Finding[]).filter(
    ({ check }) => check === "CNI configuration",
  );
  if (findings.some(({ status }) => status === "problem")) return "none";
  const wins = findings.find(({ text }) => text.includes(" wins: "))?.text ?? "";
  return wins.includes(other) ? "other" : "ours";
}

/** After a new start, which reads the directory. */
async function containerdTakes({ containerd }: CriLab) {
  await containerd.kill();
  await containerd.start();
  const { status, message = "" } = (await containerd.cri.conditions()).get("NetworkReady") ?? {};
  if (status) return "other";
  return message.includes("the millrace agent is not reachable") ? "ours" : "none";
}
