import { ConfigError } from "../config/errors.ts";

export interface EtcdFabricOptions {
  /** Client URLs of the members, e.g. "https://192.0.2.10:2379". One that answers is enough. */
  endpoints: string[];
  /** What the keys of this fabric begin with, e.g. "/millrace/v1"; no slash at the end. */
  prefix: string;
  /** Seconds after which others forget a node that has died. */
  leaseSeconds: number;
  /** Files in PEM. They are read anew for each connection, so that they can be replaced. */
  tls?: { ca?: string; cert?: string; key?: string };
  /** The file holds the password alone; a line break at its end does not count. */
  auth?: { username: string; passwordFile: string };
}

export const DEFAULT_ETCD_PREFIX = "/millrace/v1";
/** etcd itself grants no lease that is shorter than one and a half of its election timeouts. */
const MIN_LEASE_SECONDS = 2;
const MAX_LEASE_SECONDS = 3600;

const ENDPOINT = 'client URLs of etcd like "https://192.0.2.10:2379", all http or all https';
const PREFIX = 'text like "/millrace/v1": a slash first, none at the end';
const LEASE = `an integer from ${MIN_LEASE_SECONDS} to ${MAX_LEASE_SECONDS} (seconds)`;

/** @throws ConfigError for what no driver could work with */
export function checkEtcdOptions(options: EtcdFabricOptions): void {
  const { endpoints, prefix, leaseSeconds, tls } = options;
  const fault = (key: string, value: unknown, accepted: string, reason?: string) =>
    new ConfigError({ source: "etcd", key, value, accepted, ...(reason && { reason }) });
  if (endpoints.length === 0) throw fault("endpoints", endpoints, ENDPOINT, "there is none");
  const schemes = new Set(endpoints.map(scheme));
  const bad = endpoints.findIndex((endpoint) => scheme(endpoint) === null);
  if (bad >= 0) throw fault(`endpoints[${bad}]`, endpoints[bad], ENDPOINT);
  if (schemes.size > 1) throw fault("endpoints", endpoints, ENDPOINT, "http and https are mixed");
  if (tls && schemes.has("http:")) {
    throw fault("tls", undefined, "endpoints with https", "the endpoints are http");
  }
  if (tls && (tls.cert === undefined) !== (tls.key === undefined)) {
    throw fault("tls", tls, "cert and key, or neither");
  }
  if (!/^(\/[^/\0]+)+$/.test(prefix)) throw fault("prefix", prefix, PREFIX);
  const inRange = leaseSeconds >= MIN_LEASE_SECONDS && leaseSeconds <= MAX_LEASE_SECONDS;
  if (!Number.isInteger(leaseSeconds) || !inRange) throw fault("leaseSeconds", leaseSeconds, LEASE);
}

/** "http:" or "https:"; null for what is no client URL with a port. */
function scheme(endpoint: string): string | null {
  return /^(https?:)\/\/(?:[^/:@?#\s]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/.exec(endpoint)?.[1] ?? null;
}
