import type { Scope } from "../../test/harness/scope.ts";
import { attachPod, describePorts, network, startNode } from "../scale/node.ts";
import { dutCpu, generatorCpu } from "../traffic/load.ts";
import type { Path } from "./path.ts";

export interface MillraceOptions {
  mtu: number;
  frameSize: 2048 | 4096;
  workers: 1 | 2;
  /** Of the pods' ports; absent: xdp without a flow lane. */
  backend?: "tc";
}

/**
 * The real agent with two pods of a routed network. One worker has a CPU of its own; two share both
 * CPUs with the pods, and every pod has a queue on each. The scope removes it.
 */
export async function startMillracePath(scope: Scope, options: MillraceOptions): Promise<Path> {
  const { mtu, frameSize, workers, backend } = options;
  const tc = backend === "tc" ? { flowLane: true, portBackend: backend } : {};
  const subject = `millrace${backend ? `-${backend}` : ""}-${mtu}${workers > 1 ? `-${workers}workers` : ""}`;
  const cpus = workers === 1 ? [dutCpu] : [generatorCpu, dutCpu];
  const node = await startNode(scope, {
    name: subject,
    config: {
      dataplane: { cpus, frameSize, podQueues: workers },
      networks: [{ name: network, nodePrefixes: ["10.1.0.0/24"], mtu, ...tc }],
    },
  });
  const client = await attachPod(scope, node, `${subject}-client`);
  const server = await attachPod(scope, node, `${subject}-server`);
  const placed = `${workers} worker${workers > 1 ? "s" : ""} on CPU ${cpus.join(" and ")}`;
  const ports = backend === "tc" ? ", ports of backend tc with the flow lane" : "";
  const multi = (await node.agent.client.ports()).some(({ multiBuffer }) => multiBuffer);
  return {
    subject,
    client: client.namespace,
    server: server.namespace,
    address: server.address,
    agent: node.agent,
    description: `${placed}, MTU ${mtu}, frames of ${frameSize} bytes, multi-buffer ${multi ? "on" : "off"}, ${await describePorts(node)}${ports}`,
  };
}
