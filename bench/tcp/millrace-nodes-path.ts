import { type AgentProcess, startAgent } from "../../test/harness/agent-process.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import { attachPod, describePorts, network } from "../scale/node.ts";
import { dutCpu } from "../traffic/load.ts";
import type { Path } from "./path.ts";
import { layUnderlay, type TunnelNode, tunnelMtu, vni } from "./two-nodes.ts";

/** In place of a MAC address that is not known yet. */
const nobody = "02:00:00:00:00:fe";
const tc = { flowLane: true, portBackend: "tc" };

/** Pods on two nodes with an agent each, joined by VXLAN in a routed network; backend tc throughout. */
export async function startMillraceNodesPath(scope: Scope): Promise<Path> {
  const subject = "millrace-tc-vxlan";
  const [near, far] = await layUnderlay(scope, subject);
  // Each node names the other's MAC address, which that has from its first start on.
  const first = await startOn(scope, subject, near, far, nobody);
  const nearMac = await macOf(first);
  await first.stop();
  const farAgent = await startOn(scope, subject, far, near, nearMac);
  const nearAgent = await startOn(scope, subject, near, far, await macOf(farAgent));
  const nodes = [
    { agent: nearAgent, namespace: near.namespace },
    { agent: farAgent, namespace: far.namespace },
  ] as const;
  const client = await attachPod(scope, nodes[0], `${subject}-client`);
  const server = await attachPod(scope, nodes[1], `${subject}-server`);
  return {
    subject,
    client: client.namespace,
    server: server.namespace,
    address: server.address,
    agent: nearAgent,
    description: `two nodes with workers on CPU ${dutCpu}, VXLAN over IPv4 between them, ports and uplinks of backend tc, MTU ${tunnelMtu}, ${await describePorts(nodes[0])} each`,
  };
}

async function startOn(
  scope: Scope,
  subject: string,
  own: TunnelNode,
  other: TunnelNode,
  mac: string,
): Promise<AgentProcess> {
  const underlay = {
    ...{ name: "underlay", ...tc, mirror: { table: "main" } },
    uplinks: [{ interface: own.underlay, use: "shared" }],
  };
  const tenant = {
    ...{ name: network, vni, nodePrefixes: [own.prefix], clusterPrefixes: ["10.81.0.0/16"] },
    ...{ mtu: tunnelMtu, ...tc },
  };
  const config = {
    ...{ log: { level: "warn" }, dataplane: { cpus: [dutCpu] } },
    networks: [underlay, tenant],
    vteps: [{ name: "vtep0", underlay: underlay.name, addresses: [own.vtep] }],
    fabric: { driver: "static", nodeName: nameOf(own), nodes: [describe(other, mac)] },
  };
  const name = `${subject}-${nameOf(own)}`;
  const agent = await startAgent(scope, { namespace: own.namespace, name, config });
  raiseSessionOf(agent.pid);
  return agent;
}

function describe(node: TunnelNode, mac: string) {
  const networks = [{ vni, mac, prefixes: [node.prefix] }];
  return { name: nameOf(node), vteps: [{ addresses: [node.vtep] }], networks };
}

const nameOf = ({ index }: TunnelNode) => `n${index}`;

async function macOf({ client }: AgentProcess): Promise<string> {
  return (await client.vnis())[0]?.mac ?? nobody;
}
