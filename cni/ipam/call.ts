import { isObject, type Json } from "../decode.ts";

/** How an IPAM plugin is asked, as far as it does not depend on the verb or the attachment. */
export interface IpamCall {
  /** File name of the plugin: the key `ipam.type`. */
  type: string;
  /** Variables of the environment that the runtime has set for all plugins. */
  env: Record<string, string>;
  /** The whole network configuration, as the caller wrote it. */
  config: string;
}

/** Milliseconds for one call: shorter than what the shim waits for the whole. */
export const PLUGIN_LIMIT_MS = 20_000;

/** Variable of a plugin's environment that says for which attachment the agent has started it. */
export const ATTACHMENT_MARK = "MILLRACE_ATTACHMENT";

/** The type of those who leave addresses to the agent's networks. */
export const BUILT_IN = "millrace";

/** What a plugin may be called: the name of a file, never a path. */
export const PLUGIN_PATTERN = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,254}$/;
export const PLUGIN_ACCEPTED =
  '"millrace" or no ipam for addresses of the agent\'s networks, or the file name of an IPAM plugin in CNI_PATH: letters, digits, _ . - and no . or - first';

// The rest of the environment is about one attachment, or the agent's own.
const PASSED = ["CNI_PATH", "CNI_ARGS", "CNI_NETNS_OVERRIDE"];
const TRACE = ["TRACEPARENT", "TRACESTATE", "BAGGAGE"];

/**
 * The IPAM plugin that a configuration names; null when addresses come from the agent's networks,
 * or for a name that no plugin can have.
 * @param config parsed
 * @param text the same as it came
 * @param env of the call
 */
export function ipamCallOf(config: Json, text: string, env: Json): IpamCall | null {
  const type = delegateOf(config);
  if (type === null) return null;
  const passed = [...PASSED, ...TRACE].flatMap((name) => {
    const value = env[name];
    return typeof value === "string" && value !== "" ? [[name, value] as const] : [];
  });
  return { type, env: Object.fromEntries(passed), config: text };
}

function delegateOf(config: Json): string | null {
  const type = ipamTypeOf(config);
  return type !== BUILT_IN && PLUGIN_PATTERN.test(type) ? type : null;
}

/** What a configuration of any plugin says about who gives addresses; "" when it does not. */
export function ipamTypeOf({ ipam }: Json): string {
  return isObject(ipam) && typeof ipam["type"] === "string" ? ipam["type"] : "";
}

/** A configuration without the capabilities that its IPAM plugin serves. */
export function withoutIpamCapabilities(config: Json): Json {
  const { runtimeConfig } = config;
  if (delegateOf(config) === null || !isObject(runtimeConfig)) return config;
  const { ipRanges: _, ...ours } = runtimeConfig;
  return { ...config, runtimeConfig: ours };
}
