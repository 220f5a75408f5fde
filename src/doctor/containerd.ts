import { join, resolve } from "node:path";
import { type Finding, ok, warning } from "./finding.ts";
import { type DoctorHost, readText } from "./host.ts";

const CHECK = "containerd";
const FILE = "etc/containerd/config.toml";

/** Whether containerd, where it has a configuration, looks where we look. */
export function checkContainerd(host: DoctorHost): Finding[] {
  const text = readText(host.root, FILE);
  if (text === null) return [];
  const lines = text.split("\n").filter((line) => !/^\s*#/.test(line));
  const path = join(host.root, FILE);
  const findings = [
    ...disabled(path, lines),
    ...otherConfDir(host, path, lines),
    ...otherBinDirs(host, path, lines),
    ...manyNetworks(path, lines),
  ];
  return findings.length > 0 ? findings : [ok(CHECK, `${path} agrees with what is looked at`)];
}

// As Docker's packages deliver it.
function disabled(path: string, lines: readonly string[]): Finding[] {
  const plugins = textsOf(lines, "disabled_plugins");
  const cri = plugins.find((plugin) => plugin === "cri" || plugin.endsWith(".cri"));
  if (cri === undefined) return [];
  const text = `${path} disables the plugin "${cri}", so no kubelet can use it and no CNI is called`;
  return [warning(CHECK, text, "take it out of disabled_plugins and restart containerd")];
}

function otherConfDir({ confDir }: DoctorHost, path: string, lines: readonly string[]): Finding[] {
  const [used] = textsOf(lines, "conf_dir");
  if (used === undefined || used === "" || resolve(used) === resolve(confDir)) return [];
  const text = `${path} has conf_dir = "${used}", not ${confDir}`;
  return [warning(CHECK, text, `millrace doctor --conf-dir ${used}`)];
}

function otherBinDirs({ binDirs }: DoctorHost, path: string, lines: readonly string[]): Finding[] {
  const [used, ...more] = [...textsOf(lines, "bin_dirs"), ...textsOf(lines, "bin_dir")].filter(
    (dir) => dir !== "",
  );
  if (used === undefined) return [];
  const all = [used, ...more];
  if (all.some((dir) => binDirs.map((one) => resolve(one)).includes(resolve(dir)))) return [];
  const text = `${path} takes executables from ${all.join(", ")}, not ${binDirs.join(", ")}`;
  return [warning(CHECK, text, `millrace doctor --bin-dir ${all.join(" --bin-dir ")}`)];
}

// With more than one, each further file is one more interface, and one broken file stops them all.
function manyNetworks(path: string, lines: readonly string[]): Finding[] {
  const line = lines.find((one) => /^\s*max_conf_num\s*=/.test(one));
  const number = Number(line?.split("=")[1] ?? 1);
  if (line === undefined || number === 1) return [];
  const text = `${path} has max_conf_num = ${number}: pods get an interface of each file`;
  return [warning(CHECK, text, "set it to 1 unless that is meant; Multus does not need it")];
}

/** The texts in quotes behind a key, in one line or in the lines of a list; [] when it is not there. */
function textsOf(lines: readonly string[], key: string): string[] {
  const from = lines.findIndex((line) => new RegExp(`^\\s*${key}\\s*=`).test(line));
  if (from < 0) return [];
  const rest = lines.slice(from).join("\n").split("=").slice(1).join("=");
  const value = rest.trimStart().startsWith("[") ? (rest.split("]")[0] ?? "") : rest.split("\n")[0];
  return [...(value ?? "").matchAll(/["']([^"']*)["']/g)].map(([, text = ""]) => text);
}
