import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { goTool } from "./go-tools.ts";
import type { Namespace } from "./namespace.ts";
import { CNI_EXECUTABLE, REFERENCE_PLUGINS } from "./paths.ts";
import type { RunResult } from "./run.ts";
import type { Scope } from "./scope.ts";

export type CnitoolVerb = "add" | "del" | "check" | "gc" | "status";

export interface CnitoolCall {
  /** Name of the list; tells the runtime's records of one pod apart. */
  network: string;
  /** Path of the pod's network namespace, of which cnitool makes the container id. */
  netns: string;
  cniVersion: string;
  /** Configurations of the plugins, in the order of ADD. */
  plugins: readonly Record<string, unknown>[];
  /** More variables: CNI_IFNAME, CNI_ARGS, CAP_ARGS. */
  env?: Record<string, string>;
}

/** One execution of a plugin by libcni. */
export interface PluginCall {
  plugin: string;
  verb: string;
  /** What it got on stdin. */
  // biome-ignore lint/suspicious/noExplicitAny: configurations of every plugin are looked into
  config: any;
  stdout: string;
  exitCode: number;
}

export interface CnitoolAnswer {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  calls: PluginCall[];
}

/** A runtime on a node: libcni by its own tool, with its records of results to itself. */
export interface Cnitool {
  call(verb: CnitoolVerb, call: CnitoolCall): Promise<CnitoolAnswer>;
  /** libcni's record of an ADD; undefined when there is none. */
  // biome-ignore lint/suspicious/noExplicitAny: results of every version are looked into
  record(call: CnitoolCall): { result: any } | undefined;
  /** libcni loses that record. */
  forget(call: CnitoolCall): void;
}

/** Why there is no cnitool to drive the plugins with; "" when there is. */
export async function lacksCnitool(): Promise<string> {
  return (await goTool("cnitool")).lacks;
}

// libcni shows the words of an error but not its code, so each plugin runs by way of a script that
// keeps what goes in and out.
const recorder = (executable: string) => `#!/bin/sh
echo "$$ $CNI_COMMAND \${0##*/}" >>"$RECORDED/order"
cat >"$RECORDED/$$.stdin"
'${executable}' <"$RECORDED/$$.stdin" >"$RECORDED/$$.stdout"
status=$?
echo $status >"$RECORDED/$$.status"
cat "$RECORDED/$$.stdout"
exit $status
`;

// cnitool always keeps its records in one place; "ip netns exec" opens a mount namespace, where
// that place is ours.
const WITH_OWN_RECORDS =
  'mkdir -p /var/lib/cni && mount --bind "$RECORDS" /var/lib/cni && exec "$@"';

/**
 * Runs cnitool on a node.
 * @param records directory of the results that libcni keeps; made when missing
 * @param args verb, name of the list and path of the pod's network namespace
 * @throws Error when there is no cnitool
 */
export async function runCnitool(
  node: Namespace,
  records: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<RunResult> {
  const { path, lacks } = await goTool("cnitool");
  if (lacks !== "") throw new Error(lacks);
  mkdirSync(records, { recursive: true });
  return await node.run("sh", ["-c", WITH_OWN_RECORDS, "sh", path, ...args], {
    env: { PATH: process.env["PATH"] ?? "", RECORDS: records, ...env },
  });
}

interface Place {
  node: Namespace;
  /** Executables, libcni's records, and a directory for each call. */
  dir: string;
}

/** cnitool on a node. @throws Error when there is none */
export async function openCnitool(scope: Scope, node: Namespace): Promise<Cnitool> {
  const lacks = await lacksCnitool();
  if (lacks !== "") throw new Error(lacks);
  const place: Place = { node, dir: mkdtempSync(join(scope.dir, "cnitool-")) };
  mkdirSync(join(place.dir, "bin"));
  installRecorders(join(place.dir, "bin"));
  return {
    call: (verb, call) => callCnitool(place, verb, call),
    record: (call) => readRecord(place, call),
    forget: (call) => rmSync(recordFile(place, call), { force: true }),
  };
}

function installRecorders(bin: string): void {
  const references = existsSync(REFERENCE_PLUGINS)
    ? readdirSync(REFERENCE_PLUGINS).map((name) => join(REFERENCE_PLUGINS, name))
    : [];
  for (const executable of [CNI_EXECUTABLE, ...references]) {
    writeFileSync(join(bin, basename(executable)), recorder(executable), { mode: 0o755 });
  }
}

async function callCnitool(
  { node, dir }: Place,
  verb: CnitoolVerb,
  { network, netns, cniVersion, plugins, env }: CnitoolCall,
): Promise<CnitoolAnswer> {
  const recorded = mkdtempSync(join(dir, "call-"));
  const list = JSON.stringify({ cniVersion, name: network, plugins });
  writeFileSync(join(recorded, "list.conflist"), list);
  const args = [verb, network, netns];
  const { exitCode, stdout, stderr } = await runCnitool(node, join(dir, "records"), args, {
    ...{ NETCONFPATH: recorded, CNI_PATH: join(dir, "bin"), RECORDED: recorded },
    ...env,
  });
  return { exitCode, stdout, stderr, calls: readCalls(recorded) };
}

function readCalls(recorded: string): PluginCall[] {
  const read = (name: string) => readFileSync(join(recorded, name), "utf8");
  if (!existsSync(join(recorded, "order"))) return [];
  return [...read("order").matchAll(/^(\d+) (\S+) (\S+)$/gm)].map(
    ([, pid, verb = "", plugin = ""]) => ({
      plugin,
      verb,
      config: JSON.parse(read(`${pid}.stdin`)),
      stdout: read(`${pid}.stdout`),
      exitCode: Number(read(`${pid}.status`)),
    }),
  );
}

function recordFile({ dir }: Place, { network, netns, env }: CnitoolCall): string {
  const ifname = env?.["CNI_IFNAME"] ?? "eth0";
  return join(dir, "records/results", `${network}-${containerIdOf(netns)}-${ifname}`);
}

function readRecord(place: Place, call: CnitoolCall) {
  const file = recordFile(place, call);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** The container id that cnitool makes of the path of a namespace. */
export function containerIdOf(netns: string): string {
  const hash = createHash("sha512").update(netns).digest("hex");
  return `cnitool-${hash.slice(0, 20)}`;
}
