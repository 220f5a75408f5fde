import { accessSync, constants, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Finding, ok, problem, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";

/** One file of the CNI configuration directory. */
interface ConfigFile {
  name: string;
  /** Types of its plugins, first one first; null when the file is broken. */
  types: string[] | null;
  /** Why it is broken. */
  reason: string;
}

const TYPE = "millrace";
const CHECK = "CNI configuration";

/**
 * Which file of /etc/cni/net.d a runtime takes for pods, and whether its executables are there.
 * Runtimes take the first file in lexicographic order that ends in .conf, .conflist or .json.
 */
export function checkCniConfig(host: DoctorHost): Finding[] {
  const dir = join(host.etc, "cni/net.d");
  const files = readConfigDir(dir);
  const used = files.some(({ types }) => types?.includes(TYPE));
  return [...precedence(dir, files), ...brokenFiles(dir, files), executable(host, used)];
}

function precedence(dir: string, files: ConfigFile[]): Finding[] {
  const winner = files.find(({ types }) => types !== null);
  if (winner === undefined) {
    const text = `${dir} has no usable file: no runtime uses Millrace as the pods' own network`;
    const remedy = "as a secondary network (Multus) none is needed; else put a conflist there";
    return [warning(CHECK, text, remedy)];
  }
  const types = winner.types?.join(", ");
  const shadowed = files.find((file) => file !== winner && file.types?.includes(TYPE));
  const findings = [ok(CHECK, `${join(dir, winner.name)} wins: ${types}`)];
  if (shadowed !== undefined && !winner.types?.includes(TYPE)) {
    const text = `${shadowed.name} is shadowed by ${winner.name}: no pod gets it by default`;
    const remedy = `rename it so that it sorts first, e.g. 00-${shadowed.name}, or delegate to it`;
    findings.push(warning(CHECK, text, remedy));
  }
  return findings;
}

// containerd gives up at a broken file that comes first; CRI-O goes on to the next one.
function brokenFiles(dir: string, files: ConfigFile[]): Finding[] {
  return files.flatMap((file, i) => {
    if (file.types !== null) return [];
    const text = `${join(dir, file.name)} is broken: ${file.reason}`;
    const remedy = "repair or remove it";
    const first = files.slice(0, i).every(({ types }) => types === null);
    return [
      first
        ? problem(CHECK, `${text}; it sorts first, so pods may not start`, remedy)
        : warning(CHECK, text, remedy),
    ];
  });
}

function readConfigDir(dir: string): ConfigFile[] {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch {
    return [];
  }
  return names
    .filter((name) => /\.(conf|conflist|json)$/.test(name))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => readConfigFile(dir, name));
}

function readConfigFile(dir: string, name: string): ConfigFile {
  try {
    const types = pluginTypes(JSON.parse(readFileSync(join(dir, name), "utf8")));
    return { name, types, reason: "" };
  } catch (error) {
    return { name, types: null, reason: (error as Error).message };
  }
}

/** Types of a network configuration or list: CNI spec 1.1.0, section 1. */
function pluginTypes(value: unknown): string[] {
  const { type, plugins } = (value ?? {}) as { type?: unknown; plugins?: unknown };
  const all: unknown[] = Array.isArray(plugins)
    ? plugins.map((plugin) => (plugin as { type?: unknown } | null)?.type)
    : [type];
  const types = all.filter((name): name is string => typeof name === "string" && name !== "");
  if (types.length === all.length && types.length > 0) return types;
  throw new Error('a plugin has no "type"');
}

function executable({ opt }: DoctorHost, used: boolean): Finding {
  const path = join(opt, "cni/bin", TYPE);
  const remedy = `install -m 0755 build/Release/millrace ${path}`;
  const fault = executableFault(path);
  if (fault === null) return ok("CNI executable", path);
  if (used) return problem("CNI executable", `${path} ${fault}, but a file names it`, remedy);
  return warning("CNI executable", `${path} ${fault}`, remedy);
}

function executableFault(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return "is no file";
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "is not executable" : "is missing";
  }
}
