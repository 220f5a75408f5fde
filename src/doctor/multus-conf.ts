import { basename } from "node:path";
import { isObject, type Json } from "../../cni/decode.ts";
import type { LoadedFile } from "./conf-dir.ts";

/** A configuration of Multus: thin (`multus`) or of its daemon (`multus-shim`). */
export interface MultusConf {
  file: LoadedFile;
  raw: Json;
  /** Whether a daemon does the work. */
  thick: boolean;
  /** A path as its container sees it, or the name of a network; "" when there is none. */
  clusterNetwork: string;
  /** Configurations that were copied into the file. */
  delegates: Json[];
}

/** What a file says to Multus; null when it is not for Multus. */
export function multusConf(file: LoadedFile): MultusConf | null {
  const raw = file.list.plugins.find(({ type }) => type === "multus" || type === "multus-shim");
  if (raw === undefined) return null;
  const { clusterNetwork, delegates } = raw as Json;
  return {
    file,
    raw,
    thick: raw.type === "multus-shim",
    clusterNetwork: typeof clusterNetwork === "string" ? clusterNetwork : "",
    delegates: Array.isArray(delegates) ? delegates.filter(isObject) : [],
  };
}

/** A path of the node that Multus reads in its container, where the node is at /host. */
export const onNode = (path: string): string => path.replace(/^\/host(?=\/)/, "");

/** Whether `file` is for Multus, which gives every pod the network of `other`. */
export function delegatesTo(file: LoadedFile, other: LoadedFile): boolean {
  const conf = multusConf(file);
  if (conf === null) return false;
  const { clusterNetwork, delegates } = conf;
  // Only the last part: the rest is where the directory is mounted in the container of Multus.
  if (basename(clusterNetwork) === other.name || clusterNetwork === other.list.name) return true;
  return delegates[0]?.["name"] === other.list.name;
}
