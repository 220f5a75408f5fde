import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { isElf, readElf } from "./elf.ts";
import type { DoctorHost } from "./host.ts";
import { mountOf } from "./mounts.ts";

/** Why a runtime cannot execute a file, and what to do. */
export interface ExecutableFault {
  text: string;
  remedy: string;
}

const ANY_X = 0o111;
const HEAD_BYTES = 65_536;
const AGAIN = "install it again for this machine";

/** What is wrong with an executable that is there; null for nothing. */
export function executableFault(host: DoctorHost, path: string): ExecutableFault | null {
  const { mode, size } = statSync(path);
  if (size === 0) return { text: `${path} is empty`, remedy: "install it again" };
  // Root may execute what anybody may execute, so access(2) would tell less.
  if ((mode & ANY_X) === 0) {
    return { text: `${path} is not executable`, remedy: `chmod 0755 ${path}` };
  }
  return noexec(host, path) ?? contentFault(host.root, path);
}

function noexec(host: DoctorHost, path: string): ExecutableFault | null {
  const mount = mountOf(host.proc, realpathSync(path));
  if (!mount?.options.includes("noexec")) return null;
  const text = `${path} is on ${mount.at}, which is mounted noexec`;
  return { text, remedy: `mount -o remount,exec ${mount.at}, or use another directory` };
}

function contentFault(root: string, path: string): ExecutableFault | null {
  const content = headOf(path);
  if (isElf(content)) return elfFault(root, path, content);
  const interpreter = /^#![ \t]*(\S+)/.exec(content.toString("latin1", 0, 256))?.[1];
  if (interpreter === undefined) {
    return { text: `${path} is neither an ELF executable nor a script`, remedy: AGAIN };
  }
  return needs(root, path, interpreter, "interpreter");
}

// Headers and the name of the loader are there; some plugins have 50 MB.
function headOf(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function elfFault(root: string, path: string, content: Buffer): ExecutableFault | null {
  const { machine, loader } = readElf(content);
  const here = process.arch;
  if (machine !== here) return { text: `${path} is for ${machine}, not ${here}`, remedy: AGAIN };
  return loader === "" ? null : needs(root, path, loader, "loader");
}

function needs(root: string, path: string, what: string, role: string): ExecutableFault | null {
  if (existsSync(join(root, what))) return null;
  const remedy = `install ${what}, or an executable that is linked statically`;
  return { text: `${path} needs the ${role} ${what}, which is missing`, remedy };
}
