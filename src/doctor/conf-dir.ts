import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { errorLine } from "../cli/errors.ts";
import { CNI_CONF_FILE, SHIM_NAME } from "../install/cni-files.ts";
import { type ConfList, confNames, readConfFile, typesOf } from "./conf-file.ts";

/** A file of a CNI configuration directory that runtimes look at. */
export interface ConfFile {
  name: string;
  path: string;
  /** Null when runtimes do not load it. */
  list: ConfList | null;
  /** Why they do not. */
  reason: string;
}

export type LoadedFile = ConfFile & { list: ConfList };

export interface ConfDir {
  dir: string;
  /** Why the directory cannot be read; "" when it can. */
  fault: string;
  /** In the order in which runtimes take them. */
  files: ConfFile[];
  /** Names of other files: runtimes do not look at them. */
  ignored: string[];
}

/** Reads a directory as containerd and CRI-O do: .conf, .conflist and .json, in the order of bytes. */
export function readConfDir(dir: string): ConfDir {
  return {
    dir,
    fault: faultOf(dir),
    files: confNames(dir, CNI_CONF_FILE).map((name) => readOne(dir, name)),
    ignored: confNames(dir, /^[^.]/).filter((name) => !CNI_CONF_FILE.test(name)),
  };
}

export const loaded = ({ files }: ConfDir): LoadedFile[] => files.filter(isLoaded);

export const isOurs = ({ list }: ConfFile): boolean =>
  list !== null && typesOf(list).includes(SHIM_NAME);

const isLoaded = (file: ConfFile): file is LoadedFile => file.list !== null;

function readOne(dir: string, name: string): ConfFile {
  const path = join(dir, name);
  try {
    return { name, path, list: readConfFile(path), reason: "" };
  } catch (error) {
    return { name, path, list: null, reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return errorLine(error);
  if (code === "ENOENT") return "it is a link to nothing";
  return `it cannot be read (${code})`;
}

function faultOf(dir: string): string {
  try {
    accessSync(dir, constants.R_OK | constants.X_OK);
    return "";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "is missing" : `cannot be read (${code})`;
  }
}
