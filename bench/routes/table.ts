import type { Namespace } from "../../test/harness/namespace.ts";
import { generatorCpu } from "../traffic/load.ts";
import { buildTool } from "./build.ts";
import { farHosts, kernelTable, uplink } from "./node.ts";

const limitMs = 60_000;

export type Family = 4 | 6;
export type Verb = "add" | "del";

/** What the program loader prints. */
export interface Loaded {
  routes: number;
  seconds: number;
}

/** Changes a table of the node's kernel: all routes of a synthetic Internet table at once. */
export class KernelTable {
  readonly #node: Namespace;
  readonly #program: string;

  private constructor(node: Namespace, program: string) {
    this.#node = node;
    this.#program = program;
  }

  static async of(node: Namespace): Promise<KernelTable> {
    return new KernelTable(node, await buildTool("loader"));
  }

  /**
   * Makes or takes back `count` routes, which are the same ones every time; link-local ones among
   * them are left out. The next hops are the hosts behind the uplink, in turns. The program runs on
   * the generator's CPU: a routing daemon has no business on that of a ring loop.
   */
  async change(verb: Verb, family: Family, count: number): Promise<Loaded> {
    const hosts = farHosts(family);
    const way = [`${kernelTable}`, uplink, hosts[0] as string, `${hosts.length}`];
    const args = [verb, `${family}`, `${count}`, ...way];
    const command = ["-c", `${generatorCpu}`, this.#program, ...args];
    const output = await this.#node.must("taskset", command, { timeoutMs: limitMs });
    return JSON.parse(output) as Loaded;
  }
}
