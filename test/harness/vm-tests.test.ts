import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Outcome } from "../../src/setup/results.ts";
import { ownName } from "./run-id.ts";
import { runGuestTests } from "./vm-tests.ts";

// With a script where QEMU's loader is; npm run test:vm has the real one.
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** What vitest writes of one test. */
const report = (status: "passed" | "failed", title: string) =>
  JSON.stringify({
    testResults: [{ name: "", status, assertionResults: [{ fullName: title, status }] }],
  });

interface Trial {
  dir: string;
  printed: () => string;
  run: () => Promise<Outcome>;
}

/** @param script runs in the control directory of each guest; $node is 1 or 2 */
function pairOf(script: string): Trial {
  const dir = mkdtempSync(join(tmpdir(), ownName("test", "")));
  dirs.push(dir);
  const loader = join(dir, "usr/lib64/ld-linux-x86-64.so.2");
  mkdirSync(dirname(loader), { recursive: true });
  const files = { root: dir, vmlinux: "", initramfs: join(dir, "modules"), about: "" };
  writeFileSync(files.initramfs, "");
  const which = `case "$*" in *server=on*) node=1;; *) node=2;; esac`;
  writeFileSync(loader, `#!/bin/sh\n${which}\ncd ${dir}/$node\n${script}\n`);
  chmodSync(loader, 0o755);
  let text = "";
  const onOutput = (part: string) => {
    text += part;
  };
  const { signal } = new AbortController();
  const tests = { name: "no-pair", hardware: ["virtio" as const], guests: 2 as const, files: [] };
  const run = () => runGuestTests({ files, dir, onOutput, signal }, tests);
  return { dir, printed: () => text, run };
}

it("runGuestTests sums up both guests of a pair and says which printed what", async () => {
  const one = report("passed", "a test");
  const pair = pairOf(`echo '${one}' > report.json; echo 0 > status; echo I am $node`);
  expect(await pair.run()).toEqual({ passed: 2, skipped: 0, failures: [] });
  expect(pair.printed().split("\n").sort()).toEqual(["", "1| I am 1", "2| I am 2"]);
  expect(existsSync(join(pair.dir, "shared"))).toBe(true);
});

it("runGuestTests ends a guest when the other one has failed", async () => {
  const failed = `echo '${report("failed", "a test")}' > report.json; echo 1 > status`;
  const pair = pairOf(`[ $node = 1 ] || { ${failed}; exit; }; echo up; exec sleep 600`);
  const started = performance.now();
  expect(await pair.run()).toEqual({
    passed: 0,
    skipped: 0,
    failures: ["guest 1: ended badly: guest 2 has failed", "guest 2: a test"],
  });
  expect(performance.now() - started).toBeLessThan(8000);
});

it("runGuestTests tells a guest of a pair which one it is", async () => {
  const own = `grep -qx MILLRACE_NODE=$node arguments && grep -qx /run/pair pair`;
  const good = `echo '${report("passed", "a test")}' > report.json; echo 0 > status`;
  const pair = pairOf(`${own} && { ${good}; }`);
  expect(await pair.run()).toMatchObject({ passed: 2, failures: [] });
});
