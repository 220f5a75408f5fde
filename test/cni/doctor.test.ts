import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Finding } from "../../src/doctor/finding.ts";
import type { Lab } from "../fixtures/lab.ts";
import { scenario } from "../fixtures/scenario.ts";
import { cni } from "../harness/cni-call.ts";
import { CLI, CNI_EXECUTABLE } from "../harness/paths.ts";

/** The CNI directories of the lab's node. */
interface Dirs {
  conf: string;
  bin: string;
}

const OWN = "10-millrace.conflist";

/** A node on which all is well: our list comes first, and our executable is there. */
function prepare({ scope, agent }: Lab): Dirs {
  const dirs = { conf: join(scope.dir, "net.d"), bin: join(scope.dir, "bin") };
  for (const dir of Object.values(dirs)) mkdirSync(dir);
  copyFileSync(CNI_EXECUTABLE, join(dirs.bin, "millrace"));
  chmodSync(join(dirs.bin, "millrace"), 0o755);
  write(dirs, OWN, list({ spoolDir: join(agent.stateDir, "spool") }));
  return dirs;
}

const list = (keys: Record<string, unknown>, ...more: unknown[]) => ({
  cniVersion: "1.1.0",
  name: "blue",
  plugins: [{ type: "millrace", ...keys }, ...more],
});

function write({ conf }: Dirs, name: string, content: unknown): void {
  writeFileSync(join(conf, name), typeof content === "string" ? content : JSON.stringify(content));
}

async function doctor({ node, agent }: Lab, { conf, bin }: Dirs, ...more: string[]) {
  const places = ["--conf-dir", conf, "--bin-dir", bin, "--socket", agent.socket, ...more];
  const { exitCode, stdout } = await node.run(process.execPath, [
    CLI,
    "doctor",
    "--json",
    ...places,
  ]);
  const findings = (JSON.parse(stdout) as Finding[]).filter(({ check }) => !OF_MACHINE.has(check));
  return { exitCode, odd: findings.filter(({ status }) => status !== "ok"), findings };
}

// What the machine under the test has, or lacks, says nothing about these scenarios.
const OF_MACHINE = new Set([
  "hugepages",
  "bpf filesystem",
  "BPF JIT",
  "TX metadata",
  "network namespace",
]);

interface Failure {
  title: string;
  break: (dirs: Dirs) => void;
  says: RegExp;
  status: Finding["status"];
}

const FAILURES: Failure[] = [
  {
    title: "another file that sorts first",
    break: (dirs) => write(dirs, "05-other.conf", { name: "other", type: "millrace-not" }),
    says: /10-millrace\.conflist is shadowed by 05-other\.conf/,
    status: "warning",
  },
  {
    title: "a broken file that sorts first",
    break: (dirs) => write(dirs, "00-broken.conflist", "{"),
    says: /00-broken\.conflist is broken: .*it sorts first/,
    status: "problem",
  },
  {
    title: "a list in a file for one plugin",
    break: (dirs) => write(dirs, "00-list.conf", list({})),
    says: /it is a list \("plugins"\), which is only read from a file like 00-list\.conflist/,
    status: "problem",
  },
  {
    title: "a network that the agent does not have",
    break: (dirs) => write(dirs, OWN, list({ network: "green" })),
    says: /network "green" is unknown to the agent; it has blue, red/,
    status: "problem",
  },
  {
    title: "an executable that may not be executed",
    break: ({ bin }) => chmodSync(join(bin, "millrace"), 0o644),
    says: /millrace is not executable, but 10-millrace\.conflist names it/,
    status: "problem",
  },
  {
    title: "an executable of another version",
    break: ({ bin }) => writeFileSync(join(bin, "millrace"), "\n", { flag: "a" }),
    says: /is not the one of this version/,
    status: "warning",
  },
  {
    title: "a chained plugin that is not installed",
    break: (dirs) => write(dirs, OWN, list({}, { type: "not-there" })),
    says: /not-there is missing, but 10-millrace\.conflist names it/,
    status: "problem",
  },
  {
    title: "a generated file of Multus whose master is gone",
    break: (dirs) =>
      write(dirs, "00-multus.conf", { name: "m", type: "multus", delegates: [{ name: "gone" }] }),
    says: /delegates to a copy of "gone", of which no file is here any more/,
    status: "warning",
  },
  {
    title: "DELs that would be left where the agent does not look",
    break: (dirs) => write(dirs, OWN, list({})),
    says: /DELs while the agent is away go to \/var\/lib\/millrace\/spool, the agent reads /,
    status: "warning",
  },
];

for (const failure of FAILURES) {
  scenario(`The doctor finds ${failure.title}, with the remedy`, {}, async (lab) => {
    const dirs = prepare(lab);
    expect((await doctor(lab, dirs)).odd).toEqual([]);
    failure.break(dirs);
    const { exitCode, odd } = await doctor(lab, dirs);
    const found = odd.find(({ text }) => failure.says.test(text));
    expect(found, JSON.stringify(odd, null, 2)).toMatchObject({ status: failure.status });
    expect(found?.remedy).toBeTruthy();
    if (failure.status === "problem") expect(exitCode).toBe(1);
  });
}

scenario("What the doctor says of a refused key is what ADD answers", {}, async (lab) => {
  const dirs = prepare(lab);
  write(dirs, OWN, list({ mtuu: 9000 }));
  const { odd } = await doctor(lab, dirs);
  const { call } = await lab.preparePod("a", { config: { mtuu: 9000 } });
  const { json } = await cni("ADD", call);
  expect(json.msg).toContain("mtuu = 9000");
  expect(odd.map(({ text }) => text)).toContainEqual(
    `${join(dirs.conf, OWN)}: ${json.msg}; ${json.details}`,
  );
});

scenario("The doctor works without an agent, and counts the DEL that waits", {}, async (lab) => {
  const dirs = prepare(lab);
  const pod = await lab.addPod("a");
  await lab.agent.kill();
  const spoolDir = join(lab.agent.stateDir, "spool");
  await cni("DEL", { ...pod.call, config: { spoolDir } });
  const away = await doctor(lab, dirs, "--config", join(lab.scope.dir, "agent.yaml"));
  expect(away.exitCode).toBe(0);
  expect(away.odd.map(({ text }) => text)).toEqual([`no agent listens on ${lab.agent.socket}`]);
  const texts = away.findings.map(({ text }) => text);
  expect(texts).toContainEqual(
    expect.stringContaining(`1 DEL(s) in ${spoolDir} wait for the agent`),
  );
  await lab.restart();
  const { findings } = await doctor(lab, dirs);
  expect(findings.map(({ text }) => text)).toContainEqual(`${spoolDir}: no DEL waits`);
});

scenario("The doctor changes nothing", {}, async (lab) => {
  const dirs = prepare(lab);
  write(dirs, "00-broken.conf", "{");
  const before = [snapshot(dirs.conf), snapshot(dirs.bin), await lab.agent.client.attachments()];
  await doctor(lab, dirs);
  const after = [snapshot(dirs.conf), snapshot(dirs.bin), await lab.agent.client.attachments()];
  expect(after).toEqual(before);
});

function snapshot(dir: string) {
  return readdirSync(dir).map((name) => {
    const { mode, mtimeMs } = statSync(join(dir, name));
    return { name, mode, mtimeMs, content: readFileSync(join(dir, name), "latin1") };
  });
}
