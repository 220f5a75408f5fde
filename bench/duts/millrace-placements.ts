import type { AgentProcess } from "../../test/harness/agent-process.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import { ofThreads } from "../../test/harness/proc.ts";
import { must } from "../../test/harness/run.ts";
import { dutCpu, generatorCpu } from "../traffic/load.ts";
import type { Dut, Placement } from "./dut.ts";
import { mustRun } from "./millrace-agent.ts";
import { namesOf, pinNapiThread, sameCore } from "./placements.ts";
import { writeLinkAttribute } from "./topology.ts";

/** Where worker and XDP program do their work. */
interface AgentPlacement extends Placement {
  /** Of the worker. */
  cpu: number;
  /** The XDP program, and with it the flow lane, beside the worker instead of the sender. */
  threaded: boolean;
}

const own = { cores: "own-core", cpu: dutCpu } as const;
const places: readonly AgentPlacement[] = [
  { ...own, name: `CPU ${dutCpu} of its own, polling while there is traffic`, threaded: false },
  { ...own, name: `CPU ${dutCpu} of its own, threaded NAPI there too`, threaded: true },
  { name: `${sameCore}, worker too`, cores: "one-core", cpu: generatorCpu, threaded: false },
];

/** Without traffic its worker sleeps, so nothing need be stopped between trials. */
export function workerPlacement(
  agent: AgentProcess,
  namespace: Namespace,
): Pick<Dut, "placements" | "prepare" | "rest" | "noticesWithinMs"> {
  let current = "";
  return {
    placements: (_, cores) => namesOf(places, cores),
    async prepare(name) {
      mustRun(agent);
      if (name !== current) await place(agent, namespace, name);
      current = name;
    },
    rest: async () => mustRun(agent),
    // The kernel tells the agent what is behind its ports, which looks at most every 10 ms.
    noticesWithinMs: 250,
  };
}

async function place(agent: AgentProcess, namespace: Namespace, name: string): Promise<void> {
  const placement = places.find((one) => one.name === name);
  if (placement === undefined) throw new Error(`no placement ${name} of an agent`);
  const { cpu, threaded } = placement;
  for (const thread of workersOf(agent)) await must("taskset", ["-pc", `${cpu}`, thread]);
  for (const { ifname, backend } of await agent.client.ports()) {
    // Without XDP a veth has no NAPI, and the kernel refuses the attribute.
    if (backend === "tc") continue;
    await writeLinkAttribute(namespace, ifname, "threaded", threaded ? "1" : "0");
    if (threaded) await pinNapiThread(ifname, cpu);
  }
}

/** Ids of its threads that run the ring loop. */
function workersOf({ pid }: AgentProcess): string[] {
  const threads = ofThreads(pid, "comm").filter(({ text }) => text.startsWith("mr-worker-"));
  return threads.map(({ id }) => id);
}
