import { statSync } from "node:fs";
import { join } from "node:path";
import { ipamTypeOf } from "../../cni/ipam/call.ts";
import { SHIM_NAME } from "../install/cni-files.ts";
import { isOurs, type LoadedFile, loaded, readConfDir } from "./conf-dir.ts";
import { typesOf } from "./conf-file.ts";
import { executableFault } from "./executable-fault.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";
import { shipped } from "./shipped.ts";

const CHECK = "CNI executable";

/** Whether the executables that configurations name are there and can be executed. */
export function checkExecutables(host: DoctorHost): Finding[] {
  const files = loaded(readConfDir(host.confDir));
  const types = new Set([SHIM_NAME, ...files.flatMap(calledBy)]);
  return [...types].flatMap((type) => {
    const users = files.filter((file) => calledBy(file).includes(type));
    return examineType(
      host,
      type,
      users,
      users.some((file) => isOurs(file) || file === files[0]),
    );
  });
}

/** Executables that a file makes a runtime call: its plugins and those for addresses. */
function calledBy({ list }: LoadedFile): string[] {
  const ipams = list.plugins.map(ipamTypeOf).filter((type) => type !== "");
  return [...typesOf(list), ...ipams];
}

/** @param needed whether pods, or we, need it now */
function examineType(
  host: DoctorHost,
  type: string,
  users: readonly LoadedFile[],
  needed: boolean,
): Finding[] {
  const path = findInPath(type, host.binDirs);
  const fault = path === null ? missing(host, type) : executableFault(host, path);
  if (fault === null) {
    return path !== null && type === SHIM_NAME ? [ok(CHECK, path), ...shipped(host, path)] : [];
  }
  const names = users.map(({ name }) => name).join(", ");
  const text = names === "" ? fault.text : `${fault.text}, but ${names} names it`;
  return [needed ? problem(CHECK, text, fault.remedy) : warning(CHECK, text, fault.remedy)];
}

/** As libcni: the first regular file, whatever its mode; null when there is none. */
function findInPath(type: string, dirs: readonly string[]): string | null {
  if (type.includes("/")) return null;
  const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  return dirs.map((dir) => join(dir, type)).find(isFile) ?? null;
}

function missing({ binDirs }: DoctorHost, type: string) {
  const [first = ""] = binDirs;
  if (type.includes("/")) {
    return { text: `the type "${type}" is no file name`, remedy: "name the executable alone" };
  }
  const text = `${binDirs.map((dir) => join(dir, type)).join(" or ")} is missing`;
  if (type !== SHIM_NAME) {
    return {
      text,
      remedy: `install it (reference plugins: containernetworking-plugins) in ${first}`,
    };
  }
  return { text, remedy: `millrace install --no-conflist --bin-dir ${first}` };
}
