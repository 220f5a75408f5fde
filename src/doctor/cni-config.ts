import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { NAME_ACCEPTED, NAME_PATTERN } from "../../cni/environment.ts";
import { SHIM_NAME } from "../install/cni-files.ts";
import {
  type ConfDir,
  type ConfFile,
  isOurs,
  type LoadedFile,
  loaded,
  readConfDir,
} from "./conf-dir.ts";
import { SPEC_VERSIONS, typesOf } from "./conf-file.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { delegatesTo } from "./multus-conf.ts";

const CHECK = "CNI configuration";
/** Bytes; what is larger is no leftover of a configuration. */
const LARGEST_CONF = 1024 * 1024;

/** Which file of the directory a runtime takes for pods, and what else is wrong there. */
export function checkCniConfig({ confDir }: DoctorHost): Finding[] {
  const dir = readConfDir(confDir);
  return [
    ...precedence(dir),
    ...dir.files.flatMap((file, i) => broken(file, dir.files.slice(0, i))),
    ...loaded(dir).flatMap(unusable),
    ...sameNames(loaded(dir)),
    ...ignored(dir),
  ];
}

function precedence(dir: ConfDir): Finding[] {
  const [winner] = loaded(dir);
  if (winner === undefined) return [nothingUsable(dir)];
  const shadowed = loaded(dir).find((file) => file !== winner && isOurs(file));
  const wins = ok(CHECK, `${winner.path} wins: ${typesOf(winner.list).join(", ")}`);
  if (shadowed === undefined || isOurs(winner)) return [wins];
  if (delegatesTo(winner, shadowed)) {
    return [wins, ok(CHECK, `${shadowed.name} reaches pods through ${winner.name}`)];
  }
  const text = `${shadowed.name} is shadowed by ${winner.name}: no pod gets it by default`;
  const remedy = `rename it so that it sorts first, e.g. 00-${shadowed.name}, or delegate to it`;
  return [wins, warning(CHECK, text, remedy)];
}

function nothingUsable({ dir, fault }: ConfDir): Finding {
  const what = fault || "has no usable file";
  const text = `${dir} ${what}: no runtime uses Millrace as the pods' own network`;
  const remedy = "as a secondary network (Multus) none is needed; else millrace install";
  return warning(CHECK, text, remedy);
}

// containerd gives up at a broken file that comes first; CRI-O goes on to the next one.
function broken(file: ConfFile, before: readonly ConfFile[]): Finding[] {
  if (file.list !== null) return [];
  const text = `${file.path} is broken: ${file.reason}`;
  const remedy = "repair or remove it";
  if (before.some(({ list }) => list !== null)) return [warning(CHECK, text, remedy)];
  return [problem(CHECK, `${text}; it sorts first, so pods may not start`, remedy)];
}

// Runtimes load these, and then no ADD works.
function unusable(file: LoadedFile): Finding[] {
  const { name, cniVersion } = file.list;
  const findings: Finding[] = [];
  if (!NAME_PATTERN.test(name)) {
    const what = name === "" ? 'has no "name"' : `has the name "${name}"`;
    const text = `${file.path} ${what}: runtimes load it, and every ADD fails`;
    findings.push(problem(CHECK, text, `give it a name: ${NAME_ACCEPTED}`));
  }
  if (cniVersion !== "" && !SPEC_VERSIONS.includes(cniVersion)) {
    const text = `${file.path}: cniVersion = "${cniVersion}" is no version of the specification`;
    findings.push(problem(CHECK, text, `accepted: ${SPEC_VERSIONS.join(", ")}`));
  }
  return findings;
}

// Runtimes keep results by this name, and GC removes what the runtime does not know under it.
function sameNames(files: readonly LoadedFile[]): Finding[] {
  return files.flatMap((file, i) => {
    const { name } = file.list;
    const first = files.slice(0, i).find(({ list }) => list.name === name);
    if (first === undefined || name === "") return [];
    const text = `${file.path} has the name "${name}", as ${first.name} has`;
    const remedy = "give each network a name of its own: results and GC of runtimes go by it";
    return [warning(CHECK, text, remedy)];
  });
}

function ignored(dir: ConfDir): Finding[] {
  if (dir.ignored.length === 0) return [];
  const ours = dir.ignored.filter((name) => namesUs(join(dir.dir, name)));
  if (ours.length === 0 || dir.files.some(isOurs)) {
    return [ok(CHECK, `not read by runtimes: ${dir.ignored.join(", ")}`)];
  }
  const text = `${join(dir.dir, ours[0] ?? "")} is ours, but runtimes do not read it`;
  return [warning(CHECK, text, "rename it: its name must end in .conflist, .conf or .json")];
}

function namesUs(path: string): boolean {
  try {
    const { size } = statSync(path);
    if (size === 0 || size > LARGEST_CONF) return false;
    return new RegExp(`"type"\\s*:\\s*"${SHIM_NAME}"`).test(readFileSync(path, "utf8"));
  } catch {
    return false;
  }
}
