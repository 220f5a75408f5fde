import { accessSync, copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { install } from "../../src/install/install.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import { openLab } from "../fixtures/lab.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { goTool } from "../harness/go-tools.ts";
import { createNamespace } from "../harness/namespace.ts";
import { CNI_EXECUTABLE } from "../harness/paths.ts";
import { openScope } from "../harness/scope.ts";

const TUNING = "/usr/lib/cni/tuning";
const timeout = 60_000;

test("libcni attaches a pod by what install has written, and finds the agent's status", {
  timeout,
}, async ({ skip }) => {
  const cnitool = await goTool("cnitool");
  const lacks = whatIsMissing(["root", "afXdp"]) || cnitool.lacks || whatTuningLacks();
  skip(lacks !== "", lacks);
  await using scope = await openScope("test", { catchSignals: true });
  const lab = await openLab(scope);
  const [binDir, confDir] = [join(scope.dir, "bin"), join(scope.dir, "conf")];
  mkdirSync(binDir);
  copyFileSync(TUNING, join(binDir, "tuning"));
  const { socket } = lab.agent;
  const put = (chain: string[]) => {
    const conflist = { network: "blue", chain, socket, file: "10-millrace.conflist" };
    const options = { binDir, confDir, shim: CNI_EXECUTABLE, waitSeconds: 0, force: false };
    return install({ ...options, conflist }, () => {});
  };
  await put(["tuning"]);
  const { path } = await createNamespace(scope, "pod");
  const env = { PATH: process.env["PATH"] ?? "", NETCONFPATH: confDir, CNI_PATH: binDir };
  // cnitool keeps its records in one place, which in the mounts of a namespace is another one.
  const records = join(scope.dir, "records");
  mkdirSync(records);
  const script = 'mkdir -p /var/lib/cni && mount --bind "$0" /var/lib/cni && exec "$@"';
  const command = ["-c", script, records, cnitool.path];
  const libcni = (verb: string) => lab.node.run("sh", [...command, verb, "blue", path], { env });

  const added = await libcni("add");
  expect(added).toMatchObject({ exitCode: 0 });
  // Debian's tuning has no newer one; the list without it has.
  expect(JSON.parse(added.stdout).cniVersion).toBe("1.0.0");
  expect(await libcni("check")).toMatchObject({ exitCode: 0 });
  await put([]);
  expect(await libcni("status")).toMatchObject({ exitCode: 0 });
  const remove = () => uninstall({ binDir, confDir, socket, force: false }, () => {});
  await expect(remove()).rejects.toThrow("1 interface is still attached");
  expect(await libcni("del")).toMatchObject({ exitCode: 0 });
  await lab.agent.stop();
  const away = await libcni("status");
  expect([away.exitCode, away.stderr]).toEqual([1, expect.stringContaining("agent")]);
  await lab.restart();
  await remove();
  expect([...readdirSync(binDir), ...readdirSync(confDir)]).toEqual(["tuning"]);
});

function whatTuningLacks(): string {
  try {
    accessSync(TUNING);
    return "";
  } catch {
    return `needs ${TUNING}: install the Debian package containernetworking-plugins`;
  }
}
