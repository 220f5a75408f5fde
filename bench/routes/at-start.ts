import { type AgentProcess, startAgent } from "../../test/harness/agent-process.ts";
import { openPart } from "../../test/harness/scope.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import { median, spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type RunOptions } from "../row.ts";
import { prepareRoutedNode, routedConfig, untilFollowed } from "./node.ts";
import { KernelTable } from "./table.ts";

const scenario = "routes-at-start";
const routes = 1_000_000;
const limitMs = 30_000;
const limitSeconds = 10;

/** Seconds of one start. */
interface Start {
  /** Until all routes are in the table of the network, from starting the process. */
  followed: number;
  /** Of that, until the agent was ready for pods. */
  ready: number;
  /** Of that, what the mirror took to read the kernel's tables. */
  resync: number;
}

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds, progress } = options;
  progress("loading the kernel's table");
  const namespace = await prepareRoutedNode(scope, "start");
  const kernel = await KernelTable.of(namespace);
  const loaded = await kernel.change("add", 4, routes);
  const starts: Start[] = [];
  for (let round = 0; round < rounds; round++) {
    scope.signal.throwIfAborted();
    await using part = openPart(scope);
    const started = performance.now();
    const agent = await startAgent(part, {
      namespace,
      name: `start${round}`,
      config: routedConfig,
    });
    raiseSessionOf(agent.pid);
    const ready = (performance.now() - started) / 1000;
    await untilFollowed(agent, loaded.routes, loaded.routes, limitMs, scope.signal);
    const followed = (performance.now() - started) / 1000;
    starts.push({ followed, ready, resync: await resyncSeconds(agent) });
    progress(
      `round ${round + 1} of ${rounds}: ${followed.toFixed(2)} s, ready after ${ready.toFixed(2)} s`,
    );
  }
  const rows = (["followed", "ready", "resync"] as const).map((metric) => {
    const values = starts.map((start) => start[metric]);
    return makeRow({ scenario, subject: "millrace", metric, unit: "s" }, spread(values), rounds);
  });
  const followed = median(starts.map((start) => start.followed));
  return {
    rows,
    notes: [
      `the kernel has ${loaded.routes} routes before the agent starts, which it took ${loaded.seconds.toFixed(1)} s to make`,
      "ready: pods can be attached; resync: the last one the mirror made",
    ],
    targets: [
      {
        text: `an agent that starts has 1 M routes of the kernel in the table within ${limitSeconds} s: ${followed.toFixed(1)} s`,
        pass: followed < limitSeconds,
      },
    ],
  };
}

async function resyncSeconds({ client }: AgentProcess): Promise<number> {
  return (await client.mirror()).resyncMs / 1000;
}

export const routesAtStart: Group = {
  scenarios: [
    {
      name: scenario,
      subjects: ["millrace"],
      what: "1 M routes in the kernel before the agent starts: seconds until packets can take them",
    },
  ],
  run,
};
