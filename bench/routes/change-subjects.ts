import { setTimeout as delay } from "node:timers/promises";
import type { Scope } from "../../test/harness/scope.ts";
import { Child } from "../lib/child.ts";
import { type Node, network } from "../scale/node.ts";
import {
  countKernelRoutes,
  farHosts,
  kernelTable,
  startRoutedNode,
  untilFollowed,
  uplink,
} from "./node.ts";
import { KernelTable, type Verb } from "./table.ts";

/** Changed at once, and beside which a single one is changed. */
export const routes = 100_000;
const limitMs = 30_000;
/** Neither in the table of bench/lpm nor among those of `manyPrefixes`. */
const single = { prefix: "10.77.0.0/16", address: "10.77.1.1" };

type SubjectName = "api" | "mirror";

/** One way to change the routes of a network; each has a node of its own. */
export interface Subject {
  name: SubjectName;
  /** Changes all routes. Returns how many there were. */
  all(verb: Verb): Promise<number>;
  /** Changes one more, until packets take it. */
  one(verb: Verb): Promise<void>;
  rates: Record<Verb, number[]>;
  /** Milliseconds of every single change, by round. */
  times: number[][];
}

/** Routes by POST /v1/routes, all in one request: written to the disk, then applied. */
export async function startApi(scope: Scope): Promise<Subject> {
  const { agent } = await startRoutedNode(scope, "api");
  const hosts = farHosts(4);
  const changesOf = (verb: Verb, prefixes: readonly string[]) =>
    prefixes.map((prefix, at) => {
      const via = [{ address: hosts[at % hosts.length], port: uplink }];
      return verb === "add" ? { op: verb, prefix, via } : { op: verb, prefix };
    });
  const change = async (verb: Verb, prefixes: readonly string[]) => {
    await agent.client.change("routes", network, changesOf(verb, prefixes));
    return prefixes.length;
  };
  const many = manyPrefixes();
  return {
    name: "api",
    all: (verb) => change(verb, many),
    one: async (verb) => void (await change(verb, [single.prefix])),
    rates: { add: [], del: [] },
    times: [],
  };
}

/** 20.0.0.0/24, 20.0.1.0/24 … */
function manyPrefixes(): string[] {
  return Array.from(
    { length: routes },
    (_, at) => `${20 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}.0/24`,
  );
}

/** Routes of the kernel that the mirror follows. */
export async function startMirror(scope: Scope): Promise<Subject> {
  const node = await startRoutedNode(scope, "mirror");
  const kernel = await KernelTable.of(node.namespace);
  const ip = await Child.startInside(node.namespace.name, "ip", ["-o", "-batch", "-"]);
  scope.cleanup.use(ip);
  return {
    name: "mirror",
    async all(verb) {
      const known = (await node.agent.client.mirror()).routes;
      const taken = await countKernelRoutes(node.agent);
      const loaded = await kernel.change(verb, 4, routes);
      const more = verb === "add" ? loaded.routes : -loaded.routes;
      await untilFollowed(node.agent, known + more, taken + more, limitMs, scope.signal);
      return loaded.routes;
    },
    async one(verb) {
      const route = `${single.prefix} via ${farHosts(4)[0]} table ${kernelTable}`;
      // The second command prints a line, when the first one is done.
      await ip.ask(`route ${verb} ${route}\nlink show lo`);
      await untilShown(node, verb === "add", scope.signal);
    },
    rates: { add: [], del: [] },
    times: [],
  };
}

/** Waits until the table of the network has the single route, or has it no longer. */
async function untilShown(node: Node, wanted: boolean, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + limitMs;
  const filter = { network, match: single.address, limit: 1 };
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    const found = await node.agent.client.routes(filter);
    if (found.routes.some(({ prefix }) => prefix === single.prefix) === wanted) return;
    await delay(0);
  }
  throw new Error(
    `${single.prefix} ${wanted ? "has not come" : "is still there"} after ${limitMs} ms`,
  );
}
