import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readConfDir } from "../../src/doctor/conf-dir.ts";
import { goTool } from "../harness/go-tools.ts";
import { run } from "../harness/run.ts";

const VALID = { name: "x", plugins: [{ type: "none" }] };

/** Name of the one file of a directory, and its text. */
const FILES: [name: string, content: unknown][] = [
  ["a.conflist", VALID],
  ["a.conflist", { ...VALID, cniVersion: "1.0.0", cniVersions: ["1.1.0", "0.4.0"] }],
  ["a.conflist", { ...VALID, disableCheck: "TRUE", disableGC: false }],
  ["a.conflist", { ...VALID, loadOnlyInlinedPlugins: true }],
  ["a.conf", { name: "x", type: "none" }],
  ["a.json", { name: "x", type: "none", plugins: [] }],
  ["a.conflist", ""],
  ["a.conflist", "{"],
  ["a.conflist", "[]"],
  ["a.conflist", `\uFEFF${JSON.stringify(VALID)}`],
  ["a.conflist", `${JSON.stringify(VALID)}}`],
  ["a.conflist", { plugins: [{ type: "none" }] }],
  ["a.conflist", { ...VALID, name: 7 }],
  ["a.conflist", { ...VALID, cniVersion: 1 }],
  ["a.conflist", { ...VALID, cniVersions: "1.0.0" }],
  ["a.conflist", { ...VALID, disableCheck: "no" }],
  ["a.conflist", { ...VALID, loadOnlyInlinedPlugins: 1 }],
  ["a.conflist", { name: "x" }],
  ["a.conflist", { name: "x", plugins: {} }],
  ["a.conflist", { name: "x", plugins: [] }],
  ["a.conflist", { name: "x", plugins: [{}] }],
  ["a.conflist", { name: "x", plugins: [{ type: "" }] }],
  ["a.conflist", { name: "x", plugins: [{ type: "none" }, 7] }],
  ["a.conf", VALID],
  ["a.conf", { name: "x" }],
];

const textOf = (content: unknown): string =>
  typeof content === "string" ? content : JSON.stringify(content);

function place(...files: [name: string, text: string][]): string {
  const dir = mkdtempSync(join(tmpdir(), "millrace-libcni-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of files) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

/** Whether libcni loads network x: it then looks for the plugin `none`, which is nowhere. */
async function loads(cnitool: string, dir: string): Promise<boolean> {
  const env = { PATH: "/usr/bin", NETCONFPATH: dir, CNI_PATH: dir };
  const { stderr, stdout } = await run(cnitool, ["add", "x", "/proc/self/ns/net"], { env });
  expect(stdout + stderr).not.toBe("");
  return (stdout + stderr).includes('failed to find plugin "none"');
}

test("The doctor calls exactly those files broken that libcni does not load", async (context) => {
  const { path, lacks } = await goTool("cnitool");
  context.skip(lacks !== "", lacks);
  for (const [name, content] of FILES) {
    const text = textOf(content);
    const dir = place([name, text]);
    const [file] = readConfDir(dir).files;
    expect({ name, text, loads: file?.list !== null }).toEqual({
      name,
      text,
      loads: await loads(path, dir),
    });
  }
});

test("Plugins beside a list are found where libcni finds them", async (context) => {
  const { path, lacks } = await goTool("cnitool");
  context.skip(lacks !== "", lacks);
  const list = '{"name":"x","cniVersion":"1.1.0"}';
  const beside = place(["a.conflist", list], ["x/10-a.conf", '{"type":"none"}']);
  expect(await loads(path, beside)).toBe(true);
  expect(readConfDir(beside).files).toMatchObject([{ list: { plugins: [{ type: "none" }] } }]);
  const broken = place(["a.conflist", list], ["x/10-a.conf", "{}"]);
  expect(await loads(path, broken)).toBe(false);
  expect(readConfDir(broken).files).toMatchObject([{ list: null }]);
});
