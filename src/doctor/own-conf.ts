import { statSync } from "node:fs";
import { isObject, type Json } from "../../cni/decode.ts";
import { CNI_ERROR, CniError } from "../../cni/errors.ts";
import { type CniRequest, parseRequest } from "../../cni/request.ts";
import { CNI_BIN_DIR, SHIM_NAME } from "../install/cni-files.ts";
import { type LoadedFile, loaded, readConfDir } from "./conf-dir.ts";
import { type Finding, ok, problem } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { knownNetworks, type NetworkSource } from "./known-networks.ts";
import { multusConfDir } from "./multus.ts";

const CHECK = "network configuration";
const KEYS = 'correct it; docs/operations.md, "Networks" and "VFs for pods", lists the keys';

// What a runtime would say at ADD; nothing here is looked at.
const CALL = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "doctor",
  CNI_NETNS: "/proc/self/ns/net",
  CNI_IFNAME: "eth0",
  CNI_PATH: CNI_BIN_DIR,
};

/** Whether the agent would take the configurations that are ours, those for Multus included. */
export async function checkOwnConf(host: DoctorHost): Promise<Finding[]> {
  const dirs = [readConfDir(host.confDir), readConfDir(multusConfDir(host))];
  const known = await knownNetworks(host);
  return dirs.flatMap(loaded).flatMap((file) => {
    const findings = file.list.plugins
      .map((plugin, i) => ({ plugin, where: place(file, i) }))
      .filter(({ plugin }) => plugin.type === SHIM_NAME)
      .map(({ plugin, where }) => judge(host, known, where, completed(file, plugin)));
    // One clear error per file: what is behind it is often only what follows from it.
    const wrong = findings.find(({ status }) => status !== "ok");
    return wrong === undefined ? findings : [wrong];
  });
}

function place({ path, list }: LoadedFile, i: number): string {
  return list.plugins.length === 1 ? path : `${path}: plugins[${i}]`;
}

/** As runtimes hand it on: with the name and version of the list. */
export function completed({ list }: LoadedFile, plugin: Json): Json {
  const { name, cniVersion } = list;
  return { ...plugin, name, ...(cniVersion !== "" && { cniVersion }) };
}

function judge(host: DoctorHost, known: NetworkSource | null, where: string, conf: Json): Finding {
  const request = asked(conf);
  if (request instanceof CniError) {
    return problem(CHECK, `${where}: ${request.message}; ${request.details}`, KEYS);
  }
  const { agentSocket } = conf;
  if (typeof agentSocket === "string" && agentSocket !== host.socket) {
    return otherSocket(where, agentSocket);
  }
  return network(where, request, known);
}

/** What the agent reads in a configuration, or the error that it answers. */
export function asked(conf: Json): CniRequest | CniError {
  const first = parsed(conf);
  if (!(first instanceof CniError) || conf["mode"] !== undefined) return first;
  // With a resource name Multus adds the device, and with it the mode is vf.
  const withDevice = parsed({ ...conf, deviceID: "0000:00:00.0" });
  return withDevice instanceof CniError ? first : withDevice;
}

function parsed(conf: Json): CniRequest | CniError {
  try {
    return parseRequest({ env: CALL, config: JSON.stringify(conf) });
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
}

function otherSocket(where: string, socket: string): Finding {
  const named = `${where}: agentSocket = "${socket}"`;
  if (isSocket(socket)) return ok(CHECK, `${named}, another agent than the one looked at`);
  const remedy = "remove the key, or name the socket of the agent's configuration";
  return problem(CHECK, `${named}: there is no socket`, remedy);
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

function network(where: string, request: CniRequest, known: NetworkSource | null): Finding {
  const mode = request.vf === null ? "fastpath" : "vf";
  if (request.network === "") return ok(CHECK, `${where}: mode ${mode}, no addresses`);
  const name = request.network;
  if (known === null || known.names.includes(name)) {
    return ok(CHECK, `${where}: network ${name}, mode ${mode}`);
  }
  const text = `${where}: network "${name}" is unknown to ${known.who}`;
  const has = known.names.length === 0 ? "it has none" : `it has ${known.names.join(", ")}`;
  const remedy = 'add it to "networks" there and restart the agent, or name one in the key network';
  return problem(CHECK, `${text}; ${has}`, remedy);
}

/** Whether the agent knows what to do with what a runtime passes for a capability. */
export function takesCapability(conf: Json, capability: string): boolean {
  // No capability has this value; an unknown one is refused for its name.
  const answer = asked({ ...conf, runtimeConfig: { [capability]: {} } });
  if (!(answer instanceof CniError) || answer.code !== CNI_ERROR.unsupportedField) return true;
  return !answer.message.includes(`runtimeConfig.${capability} `);
}

export const capabilitiesOf = ({ capabilities }: Json): string[] =>
  isObject(capabilities)
    ? Object.keys(capabilities).filter((key) => capabilities[key] === true)
    : [];
