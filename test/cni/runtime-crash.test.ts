import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { Lab } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";
import { type CniCall, cni, mustCni } from "../harness/cni-call.ts";
import { CNI_EXECUTABLE } from "../harness/paths.ts";

const SENT_MS = 200;

for (const verb of ["GC", "DEL"] as const) {
  for (const restarted of [false, true]) {
    scenario(
      `An ADD whose runtime crashed before it had the result is cleaned up by ${verb}${
        restarted ? " after a restart of the agent" : ""
      }`,
      {},
      async (lab) => {
        const bystander = await lab.addPod("bystander");
        const { namespace, call } = await lab.preparePod("a");
        await addAndDie(lab, call);
        if (restarted) {
          await lab.agent.kill();
          await lab.restart();
        }
        const { containerId, ifname } = bystander.call;
        const valid = [{ containerID: containerId, ifname }];
        await mustCni(verb, { ...call, config: { "cni.dev/valid-attachments": valid } });
        await expectBare(namespace);
        expect((await remainsOf(lab)).attachments).toEqual([`${bystander.key} attached`]);
        await mustReachGateway(bystander);
        // What the runtime does next with the same container works.
        await mustCni("ADD", call);
        await mustCni("DEL", call);
        await lab.deletePod(bystander);
        await expectNothingLeft(lab);
      },
    );
  }
}

/** Makes an ADD that the agent finishes when nobody waits for its result any more. */
async function addAndDie(lab: Lab, { socket, network, containerId, netns, ifname }: CniCall) {
  const config = { cniVersion: "1.1.0", name: network, type: "millrace", agentSocket: socket };
  const env = {
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: containerId,
    CNI_NETNS: netns,
    CNI_IFNAME: ifname ?? "eth0",
    CNI_PATH: "/opt/cni/bin",
  };
  process.kill(lab.agent.pid, "SIGSTOP");
  const runtime = spawn(CNI_EXECUTABLE, { env, stdio: ["pipe", "ignore", "ignore"] });
  runtime.stdin.end(JSON.stringify(config));
  await delay(SENT_MS);
  runtime.kill("SIGKILL");
  await once(runtime, "exit");
  process.kill(lab.agent.pid, "SIGCONT");
  await waitFor(
    "the attachment",
    async () => (await remainsOf(lab)).attachments,
    (attachments) => attachments.some((one) => one === `${containerId}:${ifname} attached`),
  );
}

scenario(
  "A repeated ADD gives a runtime that crashed the result it has missed",
  {},
  async (lab) => {
    const { namespace, call } = await lab.preparePod("a");
    await addAndDie(lab, call);
    const { json } = await mustCni("ADD", call);
    const [attachment] = await lab.agent.client.attachments();
    expect(json.ips.map(({ address }: { address: string }) => address)).toEqual(
      attachment?.addresses.map(({ address }) => address),
    );
    expect(await cni("DEL", call)).toMatchObject({ exitCode: 0 });
    await expectBare(namespace);
    await expectNothingLeft(lab);
  },
);
