import type { AgentProcess } from "../../test/harness/agent-process.ts";
import { openPart, type Scope } from "../../test/harness/scope.ts";
import type { Dut } from "../duts/dut.ts";
import { layLane, routedTtl } from "../duts/lane.ts";
import { attach, describe, gatewayMac, mustRun, network, startOn } from "../duts/millrace-agent.ts";
import { createQuietNamespace, createTopology, type Topology } from "../duts/topology.ts";
import { type Path, podInterface } from "../tcp/path.ts";
import { startServer } from "../tcp/transfer.ts";
import { testPrefix } from "../traffic/load.ts";
import type { Links } from "./links.ts";
import { settingTexts, usual, type Variant } from "./variant.ts";

const nodePrefixes = ["10.1.0.0/24"];
/** Of the receiving pod, so that the static route can name it before the pod is there. */
const receiverAddress = "10.1.0.200";
/** Seconds: beyond any round, as the agents that wait must leave the CPUs to the one that works. */
const reconcileInterval = 3600;

/** A variant that is ready. */
export interface Tuned {
  variant: Variant;
  dut: Dut;
  /** Between two more of its pods; null where TCP is not asked for. */
  tcp: Path | null;
}

/**
 * Starts the agent with one setting changed, and attaches the pods; the scope stops it.
 * @throws Error in the words of whoever refuses the setting; nothing is left then
 */
export async function startVariant(scope: Scope, variant: Variant, tcp: boolean): Promise<Tuned> {
  const part = openPart(scope);
  try {
    return await start(part, variant, tcp);
  } catch (error) {
    await part[Symbol.asyncDispose]();
    throw error;
  }
}

async function start(scope: Scope, variant: Variant, tcp: boolean): Promise<Tuned> {
  const topology = await createTopology(scope, `tune-${variant.name}`);
  const agent = await startAgent(scope, topology, variant);
  const { mac: from, address: source } = await attach(scope, agent, topology.sender);
  await attach(scope, agent, topology.receiver, [receiverAddress]);
  const path = tcp ? await layPath(scope, agent, variant.name) : null;
  const pods = [topology.sender, topology.receiver, ...(path ? [path.client, path.server] : [])];
  const links = await linksOf(agent, topology, pods);
  for (const setting of variant.links ?? []) await setting.apply(links);
  const to = await gatewayMac(agent);
  const dut = {
    name: variant.name,
    description: [await describe(agent), ...settingTexts(variant)].join(", "),
    lane: layLane(topology, "route", routedTtl, { to, from, source }),
    placements: () => [placementText(variant)],
    prepare: async () => mustRun(agent),
    rest: async () => mustRun(agent),
  };
  return { variant, dut, tcp: path };
}

function startAgent(
  scope: Scope,
  { dut }: Topology,
  { name, dataplane }: Variant,
): Promise<AgentProcess> {
  const staticRoutes = [{ prefix: testPrefix, via: receiverAddress }];
  return startOn(scope, dut, `tune-${name}`, {
    reconcileInterval,
    dataplane: { ...usual, ...dataplane },
    networks: [{ name: network, nodePrefixes, staticRoutes }],
  });
}

/** Two pods of their own: the sink drops all that is not a test frame. */
async function layPath(scope: Scope, agent: AgentProcess, subject: string): Promise<Path> {
  const client = await createQuietNamespace(scope, `tune-${subject}-client`);
  const server = await createQuietNamespace(scope, `tune-${subject}-server`);
  await attach(scope, agent, client);
  const { address } = await attach(scope, agent, server);
  const path = { subject, client, server, address, agent, description: "two pods of one agent" };
  await startServer(scope, path);
  return path;
}

async function linksOf(
  { client }: AgentProcess,
  { dut: namespace }: Topology,
  pods: readonly Topology["sender"][],
): Promise<Links> {
  return {
    ports: (await client.ports()).map(({ ifname }) => ({ namespace, ifname })),
    pods: pods.map((pod) => ({ namespace: pod, ifname: podInterface })),
  };
}

function placementText({ dataplane }: Variant): string {
  const { cpus = [] } = { ...usual, ...dataplane };
  return cpus.length === 0 ? "any CPU" : `CPU ${cpus.join(" and ")}`;
}
