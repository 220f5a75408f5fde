import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import type { HostLink, Native } from "../dataplane/native.ts";

/** What the doctor asks the addon for. */
export type DoctorNative = Pick<Native, "probeHost" | "listLinks" | "netdevFeatures">;

/** Where the doctor looks; tests point the roots at a tree of their own. */
export interface DoctorHost {
  /** Before absolute paths that are found in files, e.g. the interpreter of a script. */
  root: string;
  sys: string;
  proc: string;
  /** CNI configuration directory of the runtime. */
  confDir: string;
  /** Directories of CNI executables, in the order in which they are searched. */
  binDirs: readonly string[];
  /** The CNI executable that belongs to this version. */
  shippedExecutable: string;
  /** Null with the reason when the addon cannot be loaded. */
  native: DoctorNative | null;
  nativeFailure: string;
  config: Config;
  /** Whether `config` was named, and is not just the defaults. */
  configNamed: boolean;
  /** The agent's socket. */
  socket: string;
}

/** Content of a file below a root without surrounding white space; null when it cannot be read. */
export function readText(root: string, ...path: string[]): string | null {
  try {
    return readFileSync(join(root, ...path), "utf8").trim();
  } catch {
    return null;
  }
}

/** Marks the host ends of pods: written to ifalias when they are created. */
export const isOwnLink = (link: HostLink): boolean => link.alias.startsWith("millrace:");
