import { existsSync, globSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, it } from "vitest";
import { CLI } from "./paths.ts";
import { must } from "./run.ts";
import { cliForGuests } from "./vm-cli.ts";

const path = async () => (await cliForGuests())[0]?.replace("MILLRACE_CLI=", "") ?? "";

it("the program in few files answers as the one in many does", async () => {
  const bundled = await path();
  expect(globSync(join(dirname(bundled), "*.{js,mjs}")).length).toBeLessThan(60);
  for (const args of [["--version"], ["agent", "--help"], ["vf", "--help"]]) {
    const said = await must(process.execPath, [bundled, ...args]);
    expect(said).toBe(await must(process.execPath, [CLI, ...args]));
  }
});

it("what the program reads from beside itself is there", async () => {
  const dir = dirname(await path());
  for (const file of globSync("sriov/device-plugin/*.proto")) {
    expect(existsSync(join(dir, basename(file))), file).toBe(true);
  }
});

it("the same program is not written again, as a guest may run it", async () => {
  const first = await path();
  const { ino, mtimeMs } = statSync(first);
  expect(await path()).toBe(first);
  expect(statSync(first)).toMatchObject({ ino, mtimeMs });
});
