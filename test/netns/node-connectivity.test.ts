import { expect } from "vitest";
import type { Lab } from "../fixtures/lab.ts";
import { mustReach, ping } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type Background, startBackground } from "../harness/background.ts";
import { createNamespace, type Namespace } from "../harness/namespace.ts";

const NODE = { 4: "198.51.100.1", 6: "2001:db8:1::1" } as const;
const PEER = { 4: "198.51.100.2", 6: "2001:db8:1::2" } as const;

scenario(
  "The node's own connectivity survives everything the agent does",
  { timeoutMs: 60_000 },
  async (lab) => {
    const peer = await connectNode(lab);
    const before = await ownSettings(lab);
    const pings = [await startPinging(lab, PEER[4]), await startPinging(lab, PEER[6])];
    const [a, b] = await lab.addPair();
    await mustReach(a, b);
    await lab.deletePod(b);
    await lab.agent.stop();
    await lab.restart();
    await lab.agent.kill();
    await lab.restart();
    await lab.deletePod(a);
    await lab.agent.stop();
    for (const pinging of pings) await expectNoneLost(pinging);
    expect(await ownSettings(lab)).toEqual(before);
    await peer.must("ping", ["-c", "1", "-W", "1", NODE[4]]);
  },
);

scenario(
  "A pod does not reach the node, nor the node's neighbours, through the node's kernel",
  {},
  async (lab) => {
    await connectNode(lab);
    await lab.node.must("sysctl", [
      "-q",
      "-w",
      "net.ipv4.ip_forward=1",
      "net.ipv6.conf.all.forwarding=1",
    ]);
    const pod = await lab.addPod("a");
    for (const address of [NODE[4], NODE[6], PEER[4], PEER[6]]) {
      expect(await ping(pod, address, { count: 1 })).toMatchObject({ received: 0 });
    }
  },
);

/** A veth from the node to a neighbour, as a node's uplink. */
async function connectNode(lab: Lab): Promise<Namespace> {
  const peer = await createNamespace(lab.scope, "peer");
  const pair = ["up0", "type", "veth", "peer", "name", "up0", "netns", peer.name];
  await lab.node.must("ip", ["link", "add", ...pair]);
  for (const [namespace, addresses] of [
    [lab.node, NODE],
    [peer, PEER],
  ] as const) {
    await namespace.must("ip", ["address", "add", `${addresses[4]}/24`, "dev", "up0"]);
    await namespace.must("ip", ["address", "add", `${addresses[6]}/64`, "dev", "up0", "nodad"]);
    await namespace.must("ip", ["link", "set", "up0", "up"]);
  }
  return peer;
}

/** Ends with SIGINT and a summary: that is how ping tells what was lost. */
function startPinging(lab: Lab, target: string): Promise<Background> {
  const command = ["timeout", "--signal=INT", "50", "ping", "-n", "-i", "0.05", target] as const;
  return startBackground(lab.scope, lab.node, [...command], "bytes from");
}

async function expectNoneLost(pinging: Background): Promise<void> {
  await pinging.stop();
  const numbers = [...pinging.output().matchAll(/icmp_seq=(\d+) /g)].map(([, seq]) => Number(seq));
  expect(numbers.length).toBeGreaterThan(20);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
}

/** What belongs to the node: its link, addresses, routes and the sysctls that one might touch. */
async function ownSettings(lab: Lab): Promise<unknown> {
  const ip = async (...args: string[]) => JSON.parse(await lab.node.must("ip", ["-json", ...args]));
  const keys = [
    "net.ipv4.ip_forward",
    "net.ipv6.conf.all.forwarding",
    "net.ipv4.conf.all.rp_filter",
  ];
  const [{ addr_info: addresses }] = (await ip("address", "show", "up0")) as [
    { addr_info: { scope: string }[] },
  ];
  return {
    link: (await ip("-d", "link", "show", "up0"))[0],
    addresses: addresses.filter(({ scope }) => scope === "global"),
    routes: [await ip("-4", "route"), await ip("-6", "route", "show", "dev", "up0")],
    links: (await ip("link")).length,
    sysctls: await lab.node.must("sysctl", keys),
  };
}
