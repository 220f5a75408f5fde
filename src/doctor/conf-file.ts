import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isObject, type Json } from "../../cni/decode.ts";

/** All that the CNI specification has had, oldest first. */
export const SPEC_VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

/** What runtimes make of a file: CNI spec 1.1.0, section 1. */
export interface ConfList {
  /** "" when there is none: runtimes load the file, and then every ADD fails. */
  name: string;
  /** The newest that the file offers and runtimes know; "" when there is none, which means 0.1.0. */
  cniVersion: string;
  /** One at least, each with a `type`. */
  plugins: Plugin[];
}

export type Plugin = Json & { type: string };

/**
 * Reads a file as libcni and containerd do: .conflist is a list, anything else one plugin.
 * @throws Error with the reason why they do not load it
 */
export function readConfFile(path: string): ConfList {
  // Reading from a pipe would never end.
  if (!statSync(path).isFile()) throw new Error("it is no file");
  const raw = parseObject(readFileSync(path, "utf8"));
  return path.endsWith(".conflist") ? readList(raw, path) : readSingle(raw, path);
}

/** Types of a list in the order of the chain. */
export const typesOf = ({ plugins }: ConfList): string[] => plugins.map(({ type }) => type);

function parseObject(text: string): Json {
  if (text.startsWith("\uFEFF")) throw new Error("it starts with a byte order mark");
  if (text.trim() === "") throw new Error("it is empty");
  const value: unknown = JSON.parse(text);
  if (isObject(value)) return value;
  throw new Error("it is no JSON object");
}

function readSingle(raw: Json, path: string): ConfList {
  if (raw["type"] === undefined && raw["plugins"] !== undefined) {
    const list = `${basename(path).replace(/\.[^.]*$/, "")}.conflist`;
    throw new Error(`it is a list ("plugins"), which is only read from a file like ${list}`);
  }
  const plugin = readPlugin(raw, "it");
  const { cniVersion } = raw;
  return { name: nameOf(raw), cniVersion: versionOf({ cniVersion }), plugins: [plugin] };
}

function readList(raw: Json, path: string): ConfList {
  if (raw["name"] === undefined) throw new Error('it has no "name"');
  const name = nameOf(raw);
  for (const key of ["disableCheck", "disableGC", "loadOnlyInlinedPlugins"]) checkBool(raw, key);
  const inlined = raw["plugins"] === undefined ? [] : inlinedPlugins(raw["plugins"]);
  const plugins = [
    ...inlined,
    ...(isTrue(raw["loadOnlyInlinedPlugins"]) ? [] : beside(path, name)),
  ];
  if (plugins.length === 0) throw new Error('it has no "plugins"');
  return { name, cniVersion: versionOf(raw), plugins };
}

function inlinedPlugins(plugins: unknown): Plugin[] {
  if (!Array.isArray(plugins)) throw new Error('"plugins" is no list');
  if (plugins.length === 0) throw new Error('"plugins" is empty');
  return plugins.map((plugin: unknown, i) => readPlugin(plugin, `plugins[${i}]`));
}

// Spec 1.1.0: a directory of the network's name may hold more plugins, one a file.
function beside(path: string, name: string): Plugin[] {
  if (name === "") return [];
  const dir = join(dirname(path), name);
  return confNames(dir, /\.conf$/).map((file) =>
    readPlugin(parseObject(readFileSync(join(dir, file), "utf8")), join(name, file)),
  );
}

function readPlugin(raw: unknown, what: string): Plugin {
  if (isObject(raw) && typeof raw["type"] === "string" && raw["type"] !== "") return raw as Plugin;
  throw new Error(`${what} has no "type"`);
}

function nameOf({ name = "" }: Json): string {
  if (typeof name === "string") return name;
  throw new Error('"name" is no text');
}

// libcni takes the newest of both keys that it knows itself.
function versionOf({ cniVersion = "", cniVersions = [] }: Json): string {
  if (typeof cniVersion !== "string") throw new Error('"cniVersion" is no text');
  if (!Array.isArray(cniVersions) || cniVersions.some((one) => typeof one !== "string")) {
    throw new Error('"cniVersions" is no list of texts');
  }
  const known = SPEC_VERSIONS.findLast((one) => one === cniVersion || cniVersions.includes(one));
  return known ?? cniVersion;
}

const isTrue = (value: unknown): boolean => String(value).toLowerCase() === "true";

function checkBool(raw: Json, key: string): void {
  const value = raw[key] ?? false;
  if (typeof value === "boolean") return;
  if (typeof value === "string" && /^(true|false)$/i.test(value)) return;
  throw new Error(`"${key}" is neither true nor false`);
}

/** Names in a directory that fit, without directories, in the order of bytes; [] when it is not there. */
export function confNames(dir: string, pattern: RegExp): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && pattern.test(entry.name))
      .map(({ name }) => name)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch {
    return [];
  }
}
