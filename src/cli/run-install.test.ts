import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CLI, CNI_EXECUTABLE } from "../../test/harness/paths.ts";
import { run } from "../../test/harness/run.ts";
import { testNode } from "../install/fixture.ts";
import { type RunInstallOptions, toInstallOptions } from "./run-install.ts";

const OPTIONS: RunInstallOptions = {
  ...{ binDir: "/bin", confDir: "/conf", socket: "/agent.sock", confName: "10-m.conflist" },
  ...{ network: "blue", chain: [], wait: 0, conflist: true },
};

it("what is built is installed unless another executable is named", () => {
  expect(toInstallOptions(OPTIONS).shim).toBe(CNI_EXECUTABLE);
  expect(toInstallOptions({ ...OPTIONS, shim: "/other" }).shim).toBe("/other");
});

for (const [changed, message] of [
  [{ network: "a/b" }, '--network "a/b"; accepted: '],
  [{ confName: "../x.conflist" }, '--conf-name "../x.conflist"; accepted: a name.conflist'],
  [{ confName: "10-millrace.conf" }, "accepted: a name.conflist"],
  [{ chain: ["portmap", "ptp"] }, '--chain "ptp"; accepted: bandwidth, portmap, '],
] as const) {
  it(`${JSON.stringify(changed)} is refused in words`, () => {
    expect(() =>
      toInstallOptions({ ...OPTIONS, ...changed, chain: [...(changed.chain ?? [])] }),
    ).toThrow(message);
  });
}

it("both commands say what they did to which path", async () => {
  const { at, socket, startAgent } = testNode();
  await startAgent({ attachments: () => [] });
  const dirs = ["--bin-dir", at("bin"), "--conf-dir", at("conf"), "--socket", socket];
  const millrace = (...args: string[]) => run(process.execPath, [CLI, ...args, ...dirs]);
  const installed = await millrace(
    "install",
    "--network",
    "blue",
    "--wait",
    "5",
    "--shim",
    at("built"),
  );
  const list = join(at("conf"), "10-millrace.conflist");
  expect(installed).toMatchObject({ exitCode: 0, stderr: "" });
  expect(installed.stdout).toBe(`written    ${at("bin/millrace")}\nwritten    ${list}\n`);
  const removed = await millrace("uninstall");
  expect(removed.stdout).toBe(`removed    ${list}\nremoved    ${at("bin/millrace")}\n`);
  expect(existsSync(list)).toBe(false);
  expect((await millrace("install", "--wait", "soon")).stderr).toContain("accepted: 0 to 86400");
});
