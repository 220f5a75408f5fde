import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { install } from "../../src/install/install.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import { openLab } from "../fixtures/lab.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { lacksCnitool, runCnitool } from "../harness/cnitool.ts";
import { createNamespace } from "../harness/namespace.ts";
import { CNI_EXECUTABLE, REFERENCE_PLUGINS } from "../harness/paths.ts";
import { lacksPlugin } from "../harness/reference-plugins.ts";
import { openScope } from "../harness/scope.ts";

const timeout = 60_000;

test("libcni attaches a pod by what install has written, and finds the agent's status", {
  timeout,
}, async ({ skip }) => {
  const lacks = whatIsMissing(["root", "afXdp"]) || (await lacksCnitool()) || lacksPlugin("tuning");
  skip(lacks !== "", lacks);
  await using scope = await openScope("test", { catchSignals: true });
  const lab = await openLab(scope);
  const [binDir, confDir] = [join(scope.dir, "bin"), join(scope.dir, "conf")];
  mkdirSync(binDir);
  copyFileSync(join(REFERENCE_PLUGINS, "tuning"), join(binDir, "tuning"));
  const { socket } = lab.agent;
  const put = (chain: string[]) => {
    const conflist = { network: "blue", chain, socket, file: "10-millrace.conflist" };
    const options = { binDir, confDir, shim: CNI_EXECUTABLE, waitSeconds: 0, force: false };
    return install({ ...options, conflist }, () => {});
  };
  await put(["tuning"]);
  const { path } = await createNamespace(scope, "pod");
  const env = { NETCONFPATH: confDir, CNI_PATH: binDir };
  const records = join(scope.dir, "records");
  const libcni = (verb: string) => runCnitool(lab.node, records, [verb, "blue", path], env);

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
