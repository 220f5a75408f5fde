import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { grantedCapabilities, holding } from "../fixtures/deploy.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustReach } from "../fixtures/ping.ts";
import { bareScenario, scenario } from "../fixtures/scenario.ts";
import { startAgent } from "../harness/agent-process.ts";
import { createNamespace } from "../harness/namespace.ts";
import { CLI } from "../harness/paths.ts";
import { ofThreads } from "../harness/proc.ts";
import { must } from "../harness/run.ts";

test("each capability that is granted is looked at here", () => {
  const looked = [...Object.keys(FAILS_WITHOUT), "SYS_ADMIN", "SYS_NICE"];
  expect(grantedCapabilities().sort()).toEqual(looked.sort());
});

// Those that the DaemonSet has, so that what is tested is what runs in a cluster.
const GRANTED = grantedCapabilities();

/** What the caller of ADD reads when the agent lacks one: the table of docs/install.md. */
const FAILS_WITHOUT = {
  NET_ADMIN: /createVeth: create veth .*Operation not permitted/,
  NET_RAW: /open an AF_XDP socket: Operation not permitted/,
  IPC_LOCK: /register the UMEM: No buffer space available/,
};

scenario("the capabilities of the DaemonSet are enough", holding(GRANTED), async (lab) => {
  expect(statusOf(lab)).toEqual({ CapEff: maskOf(GRANTED), NoNewPrivs: "1" });
  const [a, b] = await lab.addPair();
  await mustReach(a, b);
  await lab.agent.stop();
  await lab.restart();
  await mustReach(a, b);
  for (const pod of [a, b]) await lab.deletePod(pod);
  expect((await lab.agent.client.attachments()).length).toBe(0);
  expect(lab.agent.log()).not.toMatch(/EPERM|Operation not permitted|EACCES/);
});

for (const [capability, message] of Object.entries(FAILS_WITHOUT)) {
  const rest = GRANTED.filter((one) => one !== capability);
  scenario(`without CAP_${capability} ADD says what failed`, holding(rest), async (lab) => {
    await expect(lab.addPair()).rejects.toThrow(message);
    expect((await lab.agent.client.attachments()).length).toBe(0);
  });
}

const CONFINED = GRANTED.filter((one) => one !== "SYS_ADMIN");

bareScenario("without CAP_SYS_ADMIN the agent says that it cannot load XDP", {}, async (scope) => {
  const namespace = await createNamespace(scope, "node");
  const agent = startAgent(scope, { namespace, config: {}, ...holding(CONFINED) });
  await expect(agent).rejects.toThrow(/load the XDP program .*Operation not permitted/);
});

scenario(
  "with CAP_BPF in place of CAP_SYS_ADMIN no namespace of a pod can be entered",
  holding([...CONFINED, "BPF"]),
  async (lab) => {
    const message = /enter network namespace .*Operation not permitted/;
    await expect(lab.addPair()).rejects.toThrow(message);
  },
);

const ORDINARY = GRANTED.filter((one) => one !== "SYS_NICE");

scenario("without CAP_SYS_NICE workers have no precedence", holding(ORDINARY), async (lab) => {
  await mustReach(...(await lab.addPair()));
  expect(niceValues(lab)).not.toContain(-10);
});

scenario(
  "with CAP_SYS_NICE workers go before the node's programs",
  holding(GRANTED),
  async (lab) => {
    await mustReach(...(await lab.addPair()));
    expect(niceValues(lab)).toContain(-10);
  },
);

bareScenario("the init containers need no capability", {}, async ({ dir }) => {
  const alone = (...args: string[]) => {
    const [setpriv = "", ...limits] = holding([]).through;
    return must(setpriv, [...limits, process.execPath, CLI, ...args]);
  };
  const [template, output] = [join(dir, "template.yaml"), join(dir, "agent.yaml")];
  writeFileSync(template, "networks: []\nfabric: {driver: static, nodes: []}\n");
  await alone("config", "node", template, "--node", "node3", "--output", output);
  expect(readFileSync(output, "utf8")).toContain("nodeName: node3");
  const installed = await alone("install", "--no-conflist", "--bin-dir", join(dir, "bin"));
  expect(installed).toContain("written");
});

/** capability(7), by bit. */
const BITS: Record<string, number> = {
  ...{ NET_ADMIN: 12, NET_RAW: 13, IPC_LOCK: 14 },
  ...{ SYS_ADMIN: 21, SYS_NICE: 23 },
};

function maskOf(capabilities: readonly string[]): string {
  const mask = capabilities.reduce((sum, one) => sum + 2 ** (BITS[one] ?? Number.NaN), 0);
  return mask.toString(16).padStart(16, "0");
}

function statusOf({ agent }: Lab): Record<string, string> {
  const status = readFileSync(`/proc/${agent.pid}/status`, "utf8");
  const found = status.matchAll(/^(CapEff|NoNewPrivs):\s*(\S+)$/gm);
  return Object.fromEntries([...found].map(([, key, value]) => [key, value]));
}

/** Field 19 of each thread's stat (proc(5)). */
function niceValues({ agent }: Lab): number[] {
  const stats = ofThreads(agent.pid, "stat");
  return stats.map(({ text }) => Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[16]));
}
