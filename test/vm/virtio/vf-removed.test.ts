import { expect } from "vitest";
import { mustPing, mustReach } from "../../fixtures/ping.ts";
import { waitFor } from "../../fixtures/wait.ts";
import { mustCni } from "../../harness/cni-call.ts";
import { createNamespace } from "../../harness/namespace.ts";
import { must } from "../../harness/run.ts";
import { ifnameOf, pfsOf, writeDevice } from "../fixtures/pci.ts";
import { agentScenario } from "../fixtures/scenario.ts";
import { startTraffic } from "../fixtures/traffic.ts";
import {
  LAN,
  moveVf,
  startVfNode,
  untilUplink,
  uplinkPort,
  VF,
  type VfNode,
  withLogs,
} from "../fixtures/vf-node.ts";
import { createVfs } from "../fixtures/vfs.ts";

/** Of the PF, which stays. */
const FAR = "10.83.1.200";
const LIMIT_MS = 60_000;
const ROUNDS = 2;
const MISSING = `uplink ${VF}: there is no such interface; it is used when it comes`;

agentScenario(
  "An agent does without a VF that is removed under traffic, and takes it again when it is back",
  async (scope) => {
    const [pf = ""] = pfsOf("virtio-pci");
    const place = await createNamespace(scope, "node");
    const makeVf = async () => {
      const [vf = ""] = await createVfs(scope, pf, 1);
      await moveVf(vf, place);
    };
    await must("ip", ["address", "add", `${FAR}/24`, "dev", ifnameOf(pf)]);
    scope.cleanup.defer(async () => {
      await must("ip", ["address", "flush", "dev", ifnameOf(pf)]);
    });
    await makeVf();
    const node = await startVfNode(scope, place, { networks: [LAN] });
    await withLogs([node], async () => {
      const pod = await node.addPod("lan", "a");
      await mustPing(pod, FAR, { patience: 30 });
      const pods = [pod];
      const traffic = await startTraffic(scope, pod, FAR);
      for (let round = 1; round <= ROUNDS; round++) {
        await traffic.untilMore();
        await writeDevice(pf, "sriov_numvfs", "0");
        await expectGone(node, round);
        const later = await node.addPod("lan", `b${round}`);
        await mustReach(pod, later);
        pods.push(later);
        await makeVf();
        expect(await untilUplink(node)).toMatchObject({ mode: "zero-copy", network: "lan" });
        await traffic.untilMore();
      }
      await untilNothingFails(node);
      await traffic.stop();
      for (const { call } of pods) await mustCni("DEL", call);
      await writeDevice(pf, "sriov_numvfs", "0");
      await untilNoFramesInUse(node);
      expect(await node.agent.stop()).toBe(0);
    });
  },
);

/** @param times that it has happened so far */
async function expectGone(node: VfNode, times: number): Promise<void> {
  const { agent } = node;
  await waitFor(
    "no port of the VF",
    () => uplinkPort(node),
    (port) => port === null,
    LIMIT_MS,
  );
  const failures = async () => (await agent.client.status()).reconcile?.failures;
  await waitFor("what is missing", failures, (said) => said?.includes(MISSING) === true, LIMIT_MS);
  expect(agent.log().split("an uplink vanished")).toHaveLength(times + 1);
  expect(agent.log()).toContain(MISSING);
  expect(agent.running()).toBe(true);
}

async function untilNothingFails({ agent }: VfNode): Promise<void> {
  const failures = async () => (await agent.client.status()).reconcile?.failures;
  await waitFor("nothing is missing", failures, (said) => said?.length === 0, LIMIT_MS);
}

/** No frame has gone with a VF. */
async function untilNoFramesInUse({ agent }: VfNode): Promise<void> {
  const inUse = async () => (await agent.client.status()).workers.map((one) => one.framesInUse);
  await waitFor("no frame in use", inUse, (counts) => counts.every((n) => n === 0), LIMIT_MS);
}
