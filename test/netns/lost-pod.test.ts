import { expect } from "vitest";
import { agentLoad } from "../fixtures/cpu.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";
import { mustCni } from "../harness/cni-call.ts";

const config = { reconcileInterval: 1 };
const SPINNING = 0.3;

scenario(
  "A pod whose namespace vanishes without DEL is shown as lost and does no harm",
  { config },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const c = await lab.addPod("c");
    await mustReach(a, b);
    await b.namespace.remove();
    expect(await agentLoad(lab, 1)).toBeLessThan(SPINNING);
    await untilState(lab, b, "lost");
    expect(await agentLoad(lab, 1)).toBeLessThan(SPINNING);
    await mustReach(a, c);
    const { links, ports, addresses } = await remainsOf(lab);
    expect({ links: links.length, ports: ports.length, addresses }).toEqual({
      links: 2,
      ports: 2,
      addresses: 6,
    });
  },
);

scenario(
  "DEL of a lost pod succeeds and gives its address free",
  { config: { ...config, networks: tiny() } },
  async (lab) => {
    const pod = await lab.addPod("first");
    await pod.namespace.remove();
    await untilState(lab, pod, "lost");
    await lab.deletePod(pod);
    await expectNothingLeft(lab);
    const next = await lab.addPod("next");
    expect(next.ip4).toBe(pod.ip4);
  },
);

scenario(
  "DEL of a pod whose namespace has just vanished does not wait to be told",
  {},
  async (lab) => {
    const [a, b] = await lab.addPair();
    await b.namespace.remove();
    await lab.deletePod(b);
    const { attachments } = await remainsOf(lab);
    expect(attachments).toEqual([`${a.key} attached`]);
  },
);

scenario(
  "A pod whose namespace vanished while the agent was away is released at its start",
  {},
  async (lab) => {
    const [a, b] = await lab.addPair();
    await lab.agent.stop();
    await b.namespace.remove();
    const { client } = await lab.restart();
    expect((await client.status()).reconcile).toMatchObject({
      restored: 1,
      released: 1,
      failures: [],
    });
    const { attachments, addresses } = await remainsOf(lab);
    expect({ attachments, addresses }).toEqual({
      attachments: [`${a.key} attached`],
      addresses: 2,
    });
    await mustCni("DEL", { ...b.call, netns: "" });
  },
);

scenario(
  "A pod that was lost and whose link is made again by nobody stays lost over sweeps",
  { config },
  async (lab) => {
    const pod = await lab.addPod("a");
    await lab.node.must("ip", ["link", "delete", pod.hostName]);
    await untilState(lab, pod, "lost");
    const first = (await lab.agent.client.status()).reconcile?.at;
    await waitFor(
      "another sweep",
      () => lab.agent.client.status(),
      (status) => status.reconcile?.at !== first,
    );
    expect(await stateOf(lab, pod)).toBe("lost");
    await lab.deletePod(pod);
    await expectNothingLeft(lab);
  },
);

function untilState(lab: Lab, pod: Pod, state: string): Promise<unknown> {
  return waitFor(
    `${pod.key} ${state}`,
    () => stateOf(lab, pod),
    (found) => found === state,
  );
}

async function stateOf(lab: Lab, pod: Pod): Promise<string | undefined> {
  const attachments = await lab.agent.client.attachments();
  return attachments.find(({ key }) => key === pod.key)?.state;
}

/** One network with room for a single pod. */
function tiny() {
  return [{ name: "blue", nodePrefixes: ["10.81.1.0/30"], routes: ["0.0.0.0/0"] }];
}
