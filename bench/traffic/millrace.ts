import { type AgentProcess, startAgent } from "../../test/harness/agent-process.ts";
import { mustCni } from "../../test/harness/cni-call.ts";
import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import type { Forwarder } from "./forwarder.ts";
import { dutCpu, testPrefix } from "./load.ts";
import { Sink } from "./sink.ts";
import { createQuietNamespace } from "./topology.ts";

const network = "bench";
const ifname = "eth0";
/** Of the receiving pod, so that the static route can name it before the pod is there. */
const receiverAddress = "10.1.0.200";

const config = {
  log: { level: "warn" },
  dataplane: { cpus: [dutCpu] },
  networks: [
    {
      name: network,
      nodePrefixes: ["10.1.0.0/24"],
      staticRoutes: [{ prefix: testPrefix, via: receiverAddress }],
    },
  ],
};

/** The real agent with two pods attached by the CNI executable; the scope removes them. */
export async function startMillrace(scope: Scope): Promise<Forwarder> {
  const node = await createNamespace(scope, "millrace-node");
  const agent = await startAgent(scope, { namespace: node, name: "forward", config });
  raiseSessionOf(agent.pid);
  const sender = await attach(scope, agent, "millrace-sender");
  const receiver = await attach(scope, agent, "millrace-receiver", [receiverAddress]);
  const sink = await Sink.start(scope, receiver.name, ifname, 63);
  return {
    subject: "millrace",
    description: await describe(agent),
    lane: { netns: sender.name, ifname, gatewayMac: await gatewayMac(agent), sink },
    placements: () => [`CPU ${dutCpu} of its own, polling while there is traffic`],
    prepare: async () => {},
    // Without traffic its worker sleeps.
    rest: async () => {},
  };
}

async function attach(
  scope: Scope,
  { socket }: AgentProcess,
  name: string,
  ips: string[] = [],
): Promise<Namespace> {
  const pod = await createQuietNamespace(scope, name);
  await mustCni("ADD", {
    socket,
    network,
    containerId: scope.name(name),
    netns: pod.path,
    ifname,
    config: { args: { cni: { ips } } },
    signal: scope.signal,
  });
  return pod;
}

async function gatewayMac({ client }: AgentProcess): Promise<string> {
  const found = (await client.networks()).find(({ name }) => name === network);
  if (found === undefined) throw new Error(`the agent has no network ${network}`);
  return found.gatewayMac;
}

async function describe({ client }: AgentProcess): Promise<string> {
  const { version } = await client.status();
  const modes = new Set((await client.ports()).map(({ mode }) => mode));
  return `Millrace ${version}, agent with AF_XDP ports in ${[...modes].join(" and ")} mode`;
}
