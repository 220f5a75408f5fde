import { dirname } from "node:path";
import { CNI_EXECUTABLE } from "./paths.ts";
import { run } from "./run.ts";

export type CniVerb = "ADD" | "DEL" | "CHECK" | "GC" | "STATUS" | "VERSION";

export interface CniCall {
  /** Unix socket of the agent. */
  socket: string;
  /** Millrace network; also the name of the network configuration. */
  network: string;
  containerId: string;
  /** Path of the pod's network namespace. */
  netns: string;
  ifname?: string;
  cniVersion?: string;
  /** CNI_ARGS, e.g. {K8S_POD_NAME: "web-0"}. */
  args?: Record<string, string>;
  /** Result of ADD, needed by CHECK. */
  prevResult?: unknown;
  /** More keys of the network configuration; undefined removes one. */
  config?: Record<string, unknown>;
  /** More or other variables of the environment. */
  env?: Record<string, string>;
  /** Millrace's own unless another plugin is to be called. */
  executable?: string;
  signal?: AbortSignal;
}

export interface CniAnswer {
  exitCode: number | null;
  /** Wall time of the executable. */
  ms: number;
  stdout: string;
  stderr: string;
  /** What it printed, parsed; null when it printed nothing or no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: results and errors of every version are looked into
  json: any;
}

/** Where an agent of `startAgent` looks for DELs that came while it was away. */
export function spoolOf(socket: string): string {
  return `${socket.replace(/\.sock$/, "")}-state/spool`;
}

/** Executes the CNI plugin as a runtime does: variables in the environment, JSON on stdin. */
export async function cni(verb: CniVerb, call: CniCall): Promise<CniAnswer> {
  const executable = call.executable ?? CNI_EXECUTABLE;
  const { exitCode, stdout, stderr, ms } = await run(executable, [], {
    input: JSON.stringify(networkConfig(call)),
    env: environment(verb, call, dirname(executable)),
    ...(call.signal && { signal: call.signal }),
  });
  return { exitCode, ms, stdout, stderr, json: parse(stdout) };
}

/** As `cni`, for calls that must succeed. @throws Error with the plugin's own words */
export async function mustCni(verb: CniVerb, call: CniCall): Promise<CniAnswer> {
  const answer = await cni(verb, call);
  if (answer.exitCode === 0) return answer;
  const { json, stderr, stdout } = answer;
  const said = json?.msg === undefined ? stderr || stdout : `${json.msg}: ${json.details ?? ""}`;
  throw new Error(`CNI ${verb} of ${call.containerId} failed (${json?.code ?? "?"}): ${said}`);
}

function networkConfig({ cniVersion, network, socket, prevResult, config }: CniCall) {
  return {
    cniVersion: cniVersion ?? "1.1.0",
    name: network,
    type: "millrace",
    agentSocket: socket,
    spoolDir: spoolOf(socket),
    ...(prevResult !== undefined && { prevResult }),
    ...config,
  };
}

// CNI spec 1.1.0, section 2, "Parameters".
function environment(verb: CniVerb, call: CniCall, path: string): Record<string, string> {
  const args = Object.entries({ IgnoreUnknown: "true", ...call.args });
  return {
    PATH: process.env["PATH"] ?? "",
    CNI_COMMAND: verb,
    CNI_CONTAINERID: call.containerId,
    CNI_NETNS: call.netns,
    CNI_IFNAME: call.ifname ?? "eth0",
    CNI_ARGS: args.map(([key, value]) => `${key}=${value}`).join(";"),
    CNI_PATH: path,
    ...call.env,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
