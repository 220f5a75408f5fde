import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { CLI } from "../../test/harness/paths.ts";
import { run } from "../../test/harness/run.ts";
import { binDirs } from "./doctor.ts";

async function doctor(env: Record<string, string>, ...args: string[]) {
  const dir = mkdtempSync(join(tmpdir(), "millrace-doctor-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const command = [CLI, "doctor", "--socket", join(dir, "none.sock"), "--conf-dir", dir, ...args];
  return await run(process.execPath, command, { env: { ...process.env, ...env } as never });
}

it("The doctor looks for executables where CNI_PATH says, and by default where runtimes do", () => {
  expect(binDirs("/a:/b")).toEqual(["/a", "/b"]);
  expect(binDirs(":/a:")).toEqual(["/a"]);
  expect(binDirs("")).toEqual(["/opt/cni/bin"]);
  expect(binDirs()).toEqual(["/opt/cni/bin"]);
});

it("Each finding is a line, and what is wrong has its remedy below", async () => {
  const { stdout } = await doctor({ CNI_PATH: "/from/variable" });
  expect(stdout).toMatch(
    /^warning {2}CNI executable +\/from\/variable\/millrace is missing\n +remedy: /m,
  );
});

it("Directories that are named come before CNI_PATH, each in its turn", async () => {
  const { stdout } = await doctor({ CNI_PATH: "/c" }, "--bin-dir", "/a", "--bin-dir", "/b");
  expect(stdout).toContain("/a/millrace or /b/millrace is missing");
  expect(stdout).not.toContain("/c/millrace");
});

it("A configuration of the agent that is refused ends the doctor with its error", async () => {
  const { exitCode, stdout, stderr } = await doctor({}, "--config", "/nowhere/agent.yaml");
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toMatch(/^millrace: \/nowhere\/agent\.yaml: .*ENOENT.*\n$/);
});
