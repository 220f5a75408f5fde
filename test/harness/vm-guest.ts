import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tail } from "../../src/setup/run.mjs";
import { cpio, executable } from "./vm-cpio.ts";
import {
  type GuestMachine,
  HARDWARE,
  type Hardware,
  hasKvm,
  type Pair,
  qemuCommand,
} from "./vm-qemu.ts";
import type { GuestFiles } from "./vm-store.ts";

export interface GuestRun {
  files: GuestFiles;
  hardware: readonly Hardware[];
  /** Program and arguments, run by the guest's root on the host's file tree. */
  command: readonly string[];
  /** Where it runs. */
  directory: string;
  /** An empty directory for this run; the guest sees it as /run/vm and may write there. */
  control: string;
  /** Of one of two guests, which sees what they share as /run/pair. */
  pair?: Pair | null;
  /** Takes what the program prints, as it comes. */
  onOutput: (text: string) => void;
  /** Kills the guest when aborted. */
  signal: AbortSignal;
  /** From the start of the guest to the end of the program. */
  limitMs: number;
}

/** Exit status of the program, or why there is none: the guest died or hung. */
export type GuestEnd = { status: number; failure: "" } | { status: null; failure: string };

/** Where the guest sees the control directory. */
export const GUEST_CONTROL = "/run/vm";
/** Where each of two guests sees the directory that they share. */
export const GUEST_PAIR = "/run/pair";
const KERNEL_LOG = "kernel.log";
const BOOT_LIMIT_MS = 120_000;
const KERNEL_LINES = 25;

/**
 * Boots a guest, runs one program in it and waits for its end.
 * @throws the reason of the abort when it is interrupted
 */
export async function runGuest(run: GuestRun): Promise<GuestEnd> {
  const { control } = run;
  writeControl(run);
  const machine: GuestMachine = {
    ...run,
    initramfs: join(control, "initramfs"),
    kernelLog: join(control, KERNEL_LOG),
    kvm: hasKvm(),
    pair: run.pair ?? null,
  };
  const ended = await untilEnd(spawnQemu(qemuCommand(machine)), run);
  run.signal.throwIfAborted();
  const status = readIf(join(control, "status")).trim();
  if (status !== "") return { status: Number(status), failure: "" };
  const [panic] = /Kernel panic.*/.exec(kernelLog(control)) ?? [];
  const why = panic === undefined ? ended : `the guest died: ${panic.trim()}`;
  return { status: null, failure: [why, ...kernelLines(control)].join("\n") };
}

/** The kernel's messages of a run, warnings and worse. */
export function kernelLog(control: string): string {
  return readIf(join(control, KERNEL_LOG));
}

function writeControl({ control, command, directory, hardware, files, pair }: GuestRun): void {
  const guest = (name: string) =>
    readFileSync(fileURLToPath(new URL(`../vm/guest/${name}`, import.meta.url)));
  const write = (name: string, data: string | Buffer) => writeFileSync(join(control, name), data);
  write("arguments", command.map((argument) => `${argument}\n`).join(""));
  write("directory", directory);
  write("pair", pair ? GUEST_PAIR : "");
  write("modules", hardware.flatMap((name) => HARDWARE[name].modules).join(" "));
  write("stage2.sh", guest("stage2.sh"));
  // The kernel unpacks archives that follow each other; an uncompressed one has to come first.
  const init = cpio([executable("init", guest("init.sh"))]);
  write("initramfs", Buffer.concat([init, readFileSync(files.initramfs)]));
}

// A process group of its own keeps the terminal's Ctrl-C away; should we be killed, the kernel
// kills QEMU.
function spawnQemu(command: readonly string[]): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "KILL", ...command], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

/** @returns how it ended, in words */
function untilEnd(qemu: ChildProcess, { signal, limitMs, onOutput }: GuestRun): Promise<string> {
  let said = "";
  let late = "";
  const kill = () => qemu.kill("SIGKILL");
  const stopAfter = (ms: number, what: string) =>
    setTimeout(() => {
      late ||= `the guest hung: ${what} after ${ms / 1000} s`;
      kill();
    }, ms);
  const boot = stopAfter(Math.min(BOOT_LIMIT_MS, limitMs), "it has not started its program");
  const limit = stopAfter(limitMs, "its program has not ended");
  qemu.stdout?.setEncoding("utf8").on("data", (text: string) => {
    clearTimeout(boot);
    onOutput(text);
  });
  qemu.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  signal.addEventListener("abort", kill);
  if (signal.aborted) kill();
  return new Promise((done) => {
    const settle = (how: string) => {
      for (const timer of [boot, limit]) clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      done(late || [`the guest died: QEMU ${how}`, ...tail(said, 5)].join("\n"));
    };
    qemu.once("error", (error) => settle(`could not be started (${error.message})`));
    qemu.once("close", (code, by) => settle(by === null ? `ended with ${code}` : `got ${by}`));
  });
}

function kernelLines(control: string): string[] {
  const lines = tail(kernelLog(control), KERNEL_LINES);
  if (lines.length === 0) return ["its kernel said nothing"];
  return ["last lines of its kernel:", ...lines.map((line) => `  ${line}`)];
}

function readIf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
