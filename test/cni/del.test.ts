import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type Lab, NARROW_NETWORKS } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type CniCall, cni, mustCni } from "../harness/cni-call.ts";

interface Situation {
  /** Goes into "DEL <title> succeeds and leaves nothing". */
  title: string;
  before?: (lab: Lab, pod: Pod) => Promise<unknown>;
  /** What the call says otherwise than ADD did. */
  call?: Partial<CniCall>;
}

const SITUATIONS: Situation[] = [
  { title: "of an attached pod" },
  { title: "without a CNI_NETNS", call: { netns: "" } },
  { title: "with a CNI_NETNS that is not there", call: { netns: "/run/netns/mr-no-such-thing" } },
  { title: "of a pod whose namespace is gone", before: (_, pod) => pod.namespace.remove() },
  {
    title: "of a pod whose link was deleted on the node",
    before: (lab, { hostName }) => lab.node.must("ip", ["link", "delete", hostName]),
  },
  {
    title: "of a pod whose link was deleted inside",
    before: (_, { namespace }) => namespace.must("ip", ["link", "delete", "eth0"]),
  },
  {
    title: "of a pod whose interface was renamed",
    before: (_, { namespace }) => namespace.must("ip", ["link", "set", "eth0", "name", "eth9"]),
  },
  { title: "a second time", before: (lab, pod) => lab.deletePod(pod) },
  {
    title: "after a restart of the agent",
    before: async (lab) => {
      await lab.agent.stop();
      await lab.restart();
    },
  },
  {
    title: "after a crash of the agent",
    before: async (lab) => {
      await lab.agent.kill();
      await lab.restart();
    },
  },
  {
    title: "of a pod whose namespace went while the agent was away",
    before: async (lab, pod) => {
      await lab.agent.stop();
      await pod.namespace.remove();
      await lab.restart();
    },
  },
  {
    title: "after the agent has lost its whole state",
    before: async (lab) => {
      await lab.agent.stop();
      rmSync(join(lab.agent.stateDir), { recursive: true });
      await lab.restart();
    },
  },
  {
    title: "of a network that is not configured any more",
    before: async (lab) => {
      await lab.agent.stop();
      await lab.restart({ config: { networks: [] } });
    },
  },
  {
    title: "with a configuration that ADD would refuse",
    call: { config: { mtu: -1, nonsense: true, ipam: { type: "other" } } },
  },
  { title: "with another network in the configuration", call: { config: { network: "red" } } },
  { title: "in an older version of the spec", call: { cniVersion: "0.3.1" } },
];

for (const { title, before, call } of SITUATIONS) {
  scenario(`DEL ${title} succeeds and leaves nothing`, {}, async (lab) => {
    const pod = await lab.addPod("a");
    await before?.(lab, pod);
    const { exitCode, stdout } = await cni("DEL", { ...pod.call, ...call });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    await expectNothingLeft(lab);
  });
}

scenario("DEL of what was never added succeeds and touches nothing", {}, async (lab) => {
  const [a] = await lab.addPair();
  for (const other of [{ containerId: "never" }, { ifname: "eth1" }]) {
    const { exitCode, stdout } = await cni("DEL", { ...a.call, ...other });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
  }
  expect((await lab.agent.client.attachments()).map(({ state }) => state)).toEqual([
    "attached",
    "attached",
  ]);
});

const config = { networks: NARROW_NETWORKS };

scenario("DEL takes the one interface it names and leaves the others", { config }, async (lab) => {
  const pod = await lab.addPod("a");
  const second = { ...pod.call, ifname: "eth1", network: "red" };
  await mustCni("ADD", second);
  await mustCni("DEL", second);
  expect((await pod.namespace.links()).map(({ ifname }) => ifname)).toEqual(["lo", "eth0"]);
  await mustReachGateway(pod);
  await lab.deletePod(pod);
  await expectBare(pod.namespace);
  await expectNothingLeft(lab);
});

scenario("DEL never deletes a link of somebody else that has our name", {}, async (lab) => {
  const pod = await lab.addPod("a");
  await lab.deletePod(pod);
  await lab.node.must("ip", ["link", "add", pod.hostName, "type", "bridge"]);
  expect(await cni("DEL", pod.call)).toMatchObject({ exitCode: 0 });
  const names = (await lab.node.links()).map(({ ifname }) => ifname);
  expect(names).toContain(pod.hostName);
});
