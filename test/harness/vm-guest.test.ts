import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { ownName } from "./run-id.ts";
import { type GuestEnd, runGuest } from "./vm-guest.ts";

// The host's half, with a script where QEMU's loader is; npm run test:vm has the real one.
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

interface Trial {
  control: string;
  printed: () => string;
  run: (options?: { limitMs?: number; signal?: AbortSignal }) => Promise<GuestEnd>;
}

/** @param script runs in the control directory in place of the guest */
function guestOf(script: string): Trial {
  const dir = mkdtempSync(join(tmpdir(), ownName("test", "")));
  dirs.push(dir);
  const files = { root: dir, vmlinux: "", initramfs: join(dir, "modules"), about: "" };
  const loader = join(dir, "usr/lib64/ld-linux-x86-64.so.2");
  const control = join(dir, "control");
  mkdirSync(dirname(loader), { recursive: true });
  mkdirSync(control);
  writeFileSync(files.initramfs, "compressed");
  writeFileSync(loader, `#!/bin/sh\ncd ${control}\n${script}\n`);
  chmodSync(loader, 0o755);
  let text = "";
  const onOutput = (part: string) => {
    text += part;
  };
  const fixed = { files, hardware: ["igb"] as const, command: ["node", "a b"], directory: "/" };
  return {
    control,
    printed: () => text,
    run: ({ limitMs = 5000, signal = new AbortController().signal } = {}) =>
      runGuest({ ...fixed, control, onOutput, limitMs, signal }),
  };
}

it("runGuest gives the exit status of the guest's program and passes on what it prints", async () => {
  const guest = guestOf("echo hello; echo 3 > status");
  expect(await guest.run()).toEqual({ status: 3, failure: "" });
  expect(guest.printed()).toBe("hello\n");
});

it("runGuest tells the guest what to run, and puts /init in front of the modules", async () => {
  const guest = guestOf("echo 0 > status");
  await guest.run();
  const read = (name: string) => readFileSync(join(guest.control, name), "latin1");
  expect([read("arguments"), read("modules")]).toEqual(["node\na b\n", "igb igbvf"]);
  expect(read("initramfs")).toMatch(/^070701.*init\0.*busybox.*compressed$/s);
});

it("runGuest tells of a guest that died, by QEMU's words and the kernel's last lines", async () => {
  const guest = guestOf("echo no memory >&2; echo loading > kernel.log; exit 1");
  const { status, failure } = await guest.run();
  expect(status).toBeNull();
  expect(failure).toMatch(/^the guest died: QEMU ended with 1\nno memory\nlast lines of its/);
  expect(failure).toMatch(/loading$/);
});

it("runGuest names the panic of a guest's kernel first", async () => {
  const guest = guestOf(
    "echo '[ 5.9] Kernel panic - not syncing: x' > kernel.log; echo at >> kernel.log",
  );
  expect((await guest.run()).failure).toMatch(/^the guest died: Kernel panic - not syncing: x\n/);
});

it("runGuest ends a guest whose program does not end", async () => {
  const guest = guestOf("echo up; exec sleep 600");
  const { failure } = await guest.run({ limitMs: 300 });
  expect(failure).toContain("the guest hung: its program has not ended after 0.3 s");
});

it("runGuest ends a guest that does not get as far as its program", async () => {
  const guest = guestOf("exec sleep 600");
  const { failure } = await guest.run({ limitMs: 300 });
  expect(failure).toContain("the guest hung: it has not started its program after 0.3 s");
  expect(failure).toContain("its kernel said nothing");
});

it("runGuest kills the guest when it is interrupted, and passes on why", async () => {
  const guest = guestOf("echo up; exec sleep 600");
  const abort = new AbortController();
  const running = guest.run({ signal: abort.signal });
  setTimeout(() => abort.abort(new Error("interrupted by SIGINT")), 200);
  await expect(running).rejects.toThrow("interrupted by SIGINT");
});
