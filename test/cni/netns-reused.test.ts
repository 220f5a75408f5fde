import { spawn } from "node:child_process";
import { expect } from "vitest";
import type { Lab } from "../fixtures/lab.ts";
import { expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { type Pod, podOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { expectEmptySpool, spoolDel } from "../fixtures/spool.ts";
import { waitFor } from "../fixtures/wait.ts";
import { cni, mustCni } from "../harness/cni-call.ts";
import { createNamespace, type Namespace } from "../harness/namespace.ts";
import { must } from "../harness/run.ts";

/** How the DEL of the old owner of the path reaches the agent. */
const WAYS = {
  "is served": async (lab: Lab, { call }: Pod) => {
    expect(await cni("DEL", call)).toMatchObject({ exitCode: 0, stdout: "" });
    await expectEmptySpool(lab);
  },
  "was spooled": async (lab: Lab, { call }: Pod) => {
    await lab.agent.kill();
    await spoolDel(lab, call);
    await lab.restart();
    await expectEmptySpool(lab);
  },
};

for (const [way, del] of Object.entries(WAYS)) {
  scenario(
    `A DEL that ${way} harms no interface of another plugin where its namespace was`,
    {},
    async (lab) => {
      const old = await lab.addPod("a");
      await old.namespace.remove();
      const owner = await createForeign(lab, "a");
      await del(lab, old);
      await expectForeign(owner);
      await expectNothingLeft(lab);
    },
  );

  scenario(
    `A DEL that ${way} harms no attachment of another container where its namespace was`,
    {},
    async (lab) => {
      const old = await lab.addPod("a");
      await old.namespace.remove();
      const { namespace, call } = await lab.preparePod("a");
      expect(call.netns).toBe(old.call.netns);
      const owner = await attach(lab, namespace, "b");
      await del(lab, old);
      expect((await remainsOf(lab)).attachments).toEqual([`${owner.key} attached`]);
      await mustReachGateway(owner);
      await lab.deletePod(owner);
      await expectNothingLeft(lab);
    },
  );

  scenario(
    `A DEL that ${way} takes the interface of a namespace that lives on without its path`,
    {},
    async (lab) => {
      const old = await lab.addPod("a");
      using _process = holdOpen(old.namespace);
      await waitFor(
        "a process in the namespace",
        () => must("ip", ["netns", "pids", old.namespace.name]),
        (pids) => pids.trim() !== "",
      );
      await must("ip", ["netns", "delete", old.namespace.name]);
      const owner = await createForeign(lab, "a");
      expect((await remainsOf(lab)).links).toHaveLength(1);
      await del(lab, old);
      await expectForeign(owner);
      await expectNothingLeft(lab);
    },
  );
}

/** A namespace whose eth0 is somebody else's. */
async function createForeign(lab: Lab, name: string): Promise<Namespace> {
  const namespace = await createNamespace(lab.scope, name);
  await namespace.must("ip", ["link", "add", "eth0", "type", "bridge"]);
  await namespace.must("ip", ["addr", "add", "192.0.2.1/24", "dev", "eth0"]);
  return namespace;
}

async function expectForeign(namespace: Namespace): Promise<void> {
  const shown = await namespace.must("ip", ["-o", "-4", "addr", "show", "dev", "eth0"]);
  expect(shown).toContain("192.0.2.1/24");
}

/** Attaches a namespace that is there already. */
async function attach(lab: Lab, namespace: Namespace, name: string): Promise<Pod> {
  const call = {
    socket: lab.agent.socket,
    network: "blue",
    containerId: lab.scope.name(name),
    netns: namespace.path,
    ifname: "eth0",
  };
  const { json } = await mustCni("ADD", call);
  return podOf({ name, namespace, call, result: json });
}

/** Keeps a namespace alive by a process in it. */
function holdOpen({ name }: Namespace): Disposable {
  const child = spawn("ip", ["netns", "exec", name, "sleep", "60"], { stdio: "ignore" });
  return { [Symbol.dispose]: () => void child.kill("SIGKILL") };
}
