import { expect } from "vitest";
import { expectBalanced } from "../fixtures/counters.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import { mustReach, mustReachGateway, ping } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import { waitFor } from "../fixtures/wait.ts";
import { spawnAgent } from "../harness/agent-process.ts";

/** Links with an XDP program attached, as `ip -d link` shows them. */
async function linksWithXdp(lab: Lab): Promise<string[]> {
  const links: { ifname: string; xdp?: { mode?: number; prog?: { id: number } } }[] = JSON.parse(
    await lab.node.must("ip", ["-d", "-json", "link"]),
  );
  return links.filter(({ xdp }) => xdp?.prog !== undefined).map(({ ifname }) => ifname);
}

async function addressesOf(pod: Pod): Promise<unknown> {
  const [link] = JSON.parse(
    await pod.namespace.must("ip", ["-json", "address", "show", pod.ifname]),
  ) as [{ ifname: string; address: string; addr_info: { local: string; scope: string }[] }];
  const global = link.addr_info.filter(({ scope }) => scope === "global");
  return { mac: link.address, addresses: global.map(({ local }) => local) };
}

scenario(
  "SIGTERM detaches every XDP program, ends with status 0 and leaves the pods as they are",
  {},
  async (lab) => {
    const pods = await lab.addPair();
    const before = await Promise.all(pods.map(addressesOf));
    expect((await linksWithXdp(lab)).sort()).toEqual(pods.map(({ hostName }) => hostName).sort());
    expect(await lab.agent.stop()).toBe(0);
    expect(await linksWithXdp(lab)).toEqual([]);
    expect(await Promise.all(pods.map(addressesOf))).toEqual(before);
    expect(lab.agent.log()).toContain('"msg":"stopped"');
  },
);

scenario(
  "Without an agent a pod reaches nothing, not even the node's own kernel",
  {},
  async (lab) => {
    const [a, b] = await lab.addPair();
    await lab.node.must("sysctl", [
      "-q",
      "-w",
      "net.ipv4.ip_forward=1",
      "net.ipv6.conf.all.forwarding=1",
    ]);
    await mustReach(a, b);
    await lab.agent.stop();
    const targets = [b.ip4, b.ip6, a.gateway4, a.gateway6];
    const reports = await Promise.all(targets.map((target) => ping(a, target)));
    for (const report of reports) expect(report).toMatchObject({ sent: 3, received: 0 });
  },
);

scenario(
  "The next agent takes the pods up again with the same addresses",
  { needs: ["python"] },
  async (lab) => {
    const pods = await lab.addPair();
    const [a, b] = pods;
    await mustReach(a, b);
    await lab.agent.stop();
    const { client } = await lab.restart();
    expect((await client.status()).reconcile).toMatchObject({
      restored: 2,
      undone: 0,
      failures: [],
    });
    await mustReach(a, b);
    await mustReachGateway(b);
    await exchangeStreams(lab.scope, pods, 4, 1_000_000);
    await expectBalanced(lab);
    const third = await lab.addPod("c");
    expect([a.ip4, b.ip4]).not.toContain(third.ip4);
    await mustReach(third, a);
  },
);

scenario("After kill -9 of the agent the next one takes the pods up again", {}, async (lab) => {
  const [a, b] = await lab.addPair();
  await lab.agent.kill();
  expect(await ping(a, b.ip4, { count: 1 })).toMatchObject({ received: 0 });
  await lab.restart();
  await mustReach(a, b);
  for (const pod of [a, b]) await lab.deletePod(pod);
});

for (const [title, name] of [
  ["with the same socket and state", "agent"],
  ["with a socket and state of its own", "other"],
] as const) {
  scenario(
    `A second agent in the namespace of a running one, ${title}, ends with one clear error`,
    {},
    async (lab) => {
      const [a, b] = await lab.addPair();
      const options = { namespace: lab.node, name, config: { networks: NETWORKS } };
      const second = spawnAgent(lab.scope, options);
      await waitFor("its end", second.running, (running) => !running, 15_000);
      expect(await second.stop()).toBe(1);
      expect(second.log()).toMatch(/another millrace agent runs|an agent already listens/);
      await mustReach(a, b);
    },
  );
}
