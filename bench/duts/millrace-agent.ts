import { type AgentProcess, startAgent } from "../../test/harness/agent-process.ts";
import { mustCni } from "../../test/harness/cni-call.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Mac } from "../frames/types.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import { dutCpu } from "../traffic/load.ts";
import { bare, sender } from "./topology.ts";

/** The network that pods are in. */
export const network = "bench";
/** Of pods, as in the topologies that we wire ourselves. */
const { ifname } = sender;
const keptLines = 10;

/** One way to run the agent. */
export interface Variant {
  /** Of the device. */
  name: string;
  /** Keys of all its networks. */
  keys: Record<string, unknown>;
}

interface AgentConfig extends Record<string, unknown> {
  networks: Record<string, unknown>[];
}

/** An agent whose worker has a CPU for itself; the scope stops it. */
export async function startOn(
  scope: Scope,
  namespace: Namespace,
  name: string,
  { networks, ...more }: AgentConfig,
  variant: Variant = { name: "millrace", keys: {} },
): Promise<AgentProcess> {
  const config = {
    ...{ log: { level: "warn" }, dataplane: { cpus: [dutCpu] } },
    ...{ ...more, networks: networks.map((one) => ({ ...one, ...variant.keys })) },
  };
  const agent = await startAgent(scope, { namespace, name: `${variant.name}-${name}`, config });
  raiseSessionOf(agent.pid);
  return agent;
}

export interface BenchPod {
  mac: Mac;
  /** Without prefix length. */
  address: string;
  /** Name of its port. */
  port: string;
}

/** Attaches a namespace by the CNI executable. @param ips addresses it asks for */
export async function attach(
  scope: Scope,
  agent: AgentProcess,
  pod: Namespace,
  ips: string[] = [],
): Promise<BenchPod> {
  const config = { args: { cni: { ips } } };
  const { json } = await mustCni("ADD", { ...callOf(scope, agent, pod), config });
  const link = (await pod.links()).find((one) => one.ifname === ifname);
  if (link === undefined) throw new Error(`${pod.name} has no ${ifname} after ADD`);
  const address = bare(String(json.ips[0].address));
  return { mac: link.address, address, port: `${pod.name}:${ifname}` };
}

/** Takes it away again. */
export async function detach(scope: Scope, agent: AgentProcess, pod: Namespace): Promise<void> {
  await mustCni("DEL", callOf(scope, agent, pod));
}

function callOf({ signal }: Scope, { socket }: AgentProcess, { name, path }: Namespace) {
  return { socket, network, ifname, containerId: name, netns: path, signal };
}

export async function gatewayMac({ client }: AgentProcess): Promise<Mac> {
  const found = (await client.networks()).find(({ name }) => name === network);
  if (found === undefined) throw new Error(`the agent has no network ${network}`);
  return found.gatewayMac;
}

/** @param what it does with frames, for people; nothing when that goes without saying */
export async function describe({ client }: AgentProcess, what = ""): Promise<string> {
  const { version } = await client.status();
  const modes = new Set((await client.ports()).map(({ mode }) => mode));
  const ports = `agent with AF_XDP ports in ${[...modes].join(" and ")} mode`;
  return `Millrace ${version}, ${ports}${what && `, ${what}`}`;
}

/** @throws Error with its last words when it has ended */
export function mustRun(agent: AgentProcess): void {
  if (agent.running()) return;
  const last = agent.log().trimEnd().split("\n").slice(-keptLines);
  throw new Error(`the agent has ended; its log ends with:\n${last.join("\n")}`);
}
