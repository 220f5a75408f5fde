import { z } from "zod";
import { parseVfNetConf, type VfAsked } from "../sriov/vf/netconf.ts";
import { ipSchema, macSchema } from "./addresses.ts";
import type { AttachmentId, PodIdentity, PortWishes, VfAttachRequest } from "./attacher.ts";
import {
  decodeObject,
  isObject,
  type Json,
  parseName,
  parseValidAttachments,
  parseVersion,
  versionOf,
} from "./decode.ts";
import { type CniCommand, type Environment, parseEnvironment } from "./environment.ts";
import { CNI_ERROR, CniError, show } from "./errors.ts";
import { BUILT_IN, type IpamCall, ipamCallOf } from "./ipam/call.ts";
import { type NetConf, parseNetConf } from "./netconf.ts";
import { type CniResult, type Dns, tidy } from "./result.ts";
import { type CniVersion, isSupported, NEWEST_VERSION } from "./versions.ts";

/** What the network configuration says of the VF. */
export type VfWishes = Pick<VfAttachRequest, "device" | "pool" | "knobs">;

/** One CNI call, checked. What the verb does not use is empty. */
export interface CniRequest extends AttachmentId {
  command: CniCommand;
  version: CniVersion;
  netns: string;
  /** The agent's own network namespace is accepted as a pod's. */
  netnsOverride: boolean;
  pod: PodIdentity | null;
  /** `name` of the network configuration. */
  configName: string;
  /** Millrace network; "" in mode vf where it gives no addresses. */
  network: string;
  mtu: number | null;
  mac: string | null;
  ips: string[];
  /** The plugin that gives the addresses; null when the network does. */
  ipam: IpamCall | null;
  port: PortWishes;
  /** Mode vf; null in mode fastpath. */
  vf: VfWishes | null;
  /** Mode vf: where Multus wants to read which device it is; "" when it does not ask. */
  deviceInfoFile: string;
  dns: Dns;
  prevResult: CniResult | null;
  /** GC: what must stay. */
  validAttachments: AttachmentId[];
}

// DEL and GC must clean up even after a configuration that ADD refuses, so they read no more of it
// than they need; only these verbs look at every key.
const CHECKED_WHOLE = new Set<CniCommand>(["ADD", "CHECK", "STATUS"]);

/**
 * Checks one call in the order of the reference implementation: environment, encoding, name,
 * version, then every key.
 * @param body `{env: {CNI_*}, config: "<stdin>"}`
 * @throws CniError 1, 2, 4, 6 or 7
 */
export function parseRequest(body: unknown): CniRequest {
  if (!isObject(body) || !isObject(body["env"])) {
    const accepted = 'accepted: {"env": {…}, "config": "…"}';
    throw new CniError(CNI_ERROR.decodingFailure, "the call has no object env", accepted);
  }
  const env = parseEnvironment(body["env"]);
  if (env.command === "VERSION") return emptyRequest(env, answeredVersion(body));
  const config = decodeObject(body["config"], "the network configuration");
  const name = parseName(config["name"]);
  const request = emptyRequest(env, parseVersion(config["cniVersion"], env.command));
  request.configName = name;
  request.network = networkOf(config) ?? name;
  request.ipam = ipamCallOf(config, String(body["config"]), body["env"]);
  if (env.command === "GC") request.validAttachments = parseValidAttachments(config);
  if (!CHECKED_WHOLE.has(env.command)) return request;
  return isVf(config)
    ? { ...request, ...vfDetails(parseVfNetConf(config, env.args), env.args, request) }
    : { ...request, ...details(parseNetConf(config), env.args) };
}

function answeredVersion(body: Json): CniVersion {
  const version = versionOf(body);
  return isSupported(version) ? version : NEWEST_VERSION;
}

// Of any other type it was refused at ADD, or is about to be.
function networkOf(config: Json): string | undefined {
  return typeof config["network"] === "string" ? config["network"] : undefined;
}

function emptyRequest(env: Environment, version: CniVersion): CniRequest {
  const { command, containerId, ifname, netns, netnsOverride, args } = env;
  return {
    command,
    version,
    containerId,
    ifname,
    netns,
    netnsOverride,
    pod: podOf(args),
    configName: "",
    network: "",
    mtu: null,
    mac: null,
    ips: [],
    ipam: null,
    port: {},
    vf: null,
    deviceInfoFile: "",
    dns: {},
    prevResult: null,
    validAttachments: [],
  };
}

function podOf(args: ReadonlyMap<string, string>): PodIdentity | null {
  const namespace = args.get("K8S_POD_NAMESPACE") ?? "";
  const name = args.get("K8S_POD_NAME") ?? "";
  const uid = args.get("K8S_POD_UID") ?? "";
  return namespace === "" || name === "" ? null : { namespace, name, uid };
}

// Conventions: runtimeConfig wins over args, and args over CNI_ARGS.
function details(conf: NetConf, args: ReadonlyMap<string, string>) {
  const { runtimeConfig, args: { cni } = {} } = conf;
  return {
    mtu: conf.mtu ?? null,
    mac: runtimeConfig?.mac ?? cni?.mac ?? argument(args, "MAC", macSchema) ?? null,
    ips: runtimeConfig?.ips ?? cni?.ips ?? argument(args, "IP", ipListSchema) ?? [],
    port: portWishes(conf),
    dns: tidy(conf.dns ?? {}),
    prevResult: conf.prevResult ?? null,
  };
}

// Only mode vf needs a device, so that configurations for the established plugin need no mode.
function isVf({ mode, deviceID }: Json): boolean {
  return mode === "vf" || ((mode ?? null) === null && typeof deviceID === "string");
}

function vfDetails(
  { conf, device, knobs }: VfAsked,
  args: ReadonlyMap<string, string>,
  { configName, ipam }: CniRequest,
) {
  const network = conf.network ?? (conf.ipam?.type === BUILT_IN ? configName : "");
  if (ipam !== null && network !== "") throw bothGive(network, ipam.type);
  const { runtimeConfig, args: { cni } = {} } = conf;
  const ips = runtimeConfig?.ips ?? cni?.ips ?? argument(args, "IP", ipListSchema) ?? [];
  if (network === "" && ipam === null && ips.length > 0) throw nobodyGives(ips);
  const { dns = {}, prevResult = null, pool = "" } = conf;
  const deviceInfoFile = runtimeConfig?.CNIDeviceInfoFile ?? "";
  const wishes = { device, pool, knobs };
  return { network, ips, dns: tidy(dns), prevResult, vf: wishes, deviceInfoFile };
}

function nobodyGives(ips: string[]): CniError {
  const msg = `invalid network configuration: ips = ${show(ips)}: no network gives addresses`;
  const accepted = "accepted: with the key network, or ipam";
  return new CniError(CNI_ERROR.invalidConfig, msg, accepted);
}

function bothGive(network: string, type: string): CniError {
  const msg = `invalid network configuration: network = ${show(network)} and ipam.type = ${show(type)} would both give addresses to a VF`;
  return new CniError(CNI_ERROR.invalidConfig, msg, "accepted: one of the two");
}

function portWishes({ queues, vlan, vlanTrunk, spoofchk }: NetConf): PortWishes {
  return {
    ...(queues !== undefined && { queues }),
    ...(vlan !== undefined && { vlan }),
    ...(vlanTrunk !== undefined && { vlanTrunk }),
    ...(spoofchk !== undefined && { spoofCheck: spoofchk === "on" }),
  };
}

const ipListSchema = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(ipSchema));

function argument<T>(args: ReadonlyMap<string, string>, key: string, schema: z.ZodType<T>) {
  const value = args.get(key) ?? "";
  if (value === "") return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const details = `${show(value)}; accepted: ${parsed.error.issues[0]?.message}`;
  throw new CniError(CNI_ERROR.invalidEnvironment, `invalid ${key} in CNI_ARGS`, details);
}
