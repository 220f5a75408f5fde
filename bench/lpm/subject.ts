import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { must, run } from "../../test/harness/run.ts";
import { Child } from "../lib/child.ts";
import { dutCpu } from "../traffic/load.ts";
import { benchBuildDirectory, builtFile } from "../traffic/tools.ts";

/** Longest load: rte_lpm searches its rules one by one and takes minutes. */
const loadTimeoutMs = 600_000;

/** The table and the keys, the same for every subject. */
export interface Task {
  family: 4 | 6;
  routes: number;
  keys: number;
  /** Of one sample. */
  seconds: number;
}

export type SubjectName = "millrace" | "dpdk-lpm" | "dpdk-fib";

/** What a program says about the loaded table. */
export interface Loaded {
  /** The kind of lookup it uses. */
  lookup: string;
  load_s: number;
  bytes: number;
}

/** One sample. Times are nanoseconds per lookup. */
export interface Sample {
  ns: number;
  uniform_ns: number;
  /** Per second. */
  updates: number;
  /** Of all values found: equal for all subjects, or one of them is wrong. */
  sum: number;
}

/** A program that holds the table and measures when asked to. */
export class Subject {
  readonly name: SubjectName;
  readonly loaded: Loaded;
  readonly #child: Child;

  private constructor(name: SubjectName, child: Child, loaded: Loaded) {
    this.name = name;
    this.#child = child;
    this.loaded = loaded;
  }

  /**
   * Starts a program on the CPU of a device under test and waits until it has loaded the table.
   * @param own is told of the process at once, to end it
   */
  static async start(name: SubjectName, command: string[], own: (child: Child) => void) {
    const child = await Child.start("taskset", ["-c", `${dutCpu}`, ...command]);
    own(child);
    return new Subject(name, child, JSON.parse(await child.line(loadTimeoutMs)) as Loaded);
  }

  async measure(): Promise<Sample> {
    return JSON.parse(await this.#child.ask("measure")) as Sample;
  }
}

export function millraceCommand({ family, routes, keys, seconds }: Task): string[] {
  return [builtFile("millrace_lpm"), `${family}`, `${routes}`, `${keys}`, `${seconds}`];
}

/** Megabytes for its heap: fib6 wants a gigabyte for the groups that it reserves. */
const memoryMb = 4096;

export function dpdkCommand(program: string, kind: "lpm" | "fib", task: Task): string[] {
  const { family, routes, keys, seconds } = task;
  return [
    ...[program, "-l", `${dutCpu}`, "--no-huge", "-m", `${memoryMb}`, "--no-pci"],
    ...["--no-telemetry", "--no-shconf", "--log-level=3", "--force-max-simd-bitwidth=512"],
    ...["--", kind, `${family}`, `${routes}`, `${keys}`, `${seconds}`],
  ];
}

/** DPDK's program and version, built here; null when the library is not installed. */
export async function findDpdkLpm(): Promise<{ path: string; version: string } | null> {
  const library = await run("pkg-config", ["--modversion", "libdpdk"]).catch(() => null);
  if (library === null || library.exitCode !== 0) return null;
  const version = library.stdout.trim();
  const directory = benchBuildDirectory();
  if (!existsSync(directory)) mkdirSync(directory, { recursive: true });
  const path = join(directory, `dpdk-lpm-${version}`);
  const flags = async (option: string) =>
    (await must("pkg-config", [option, "libdpdk"])).trim().split(/\s+/);
  await must("cc", [
    ...["-O3", "-DALLOW_EXPERIMENTAL_API", "-o", path, ...(await flags("--cflags"))],
    resolve(import.meta.dirname, "dpdk_lpm.c"),
    ...(await flags("--libs")),
  ]);
  return { path, version };
}
