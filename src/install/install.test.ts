import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseNetConf } from "../../cni/netconf.ts";
import { conflist } from "./conflist.ts";
import { SHIM_TEXT, type TestNode, testNode } from "./fixture.ts";
import { type InstallOptions, install } from "./install.ts";

const LIST = "conf/10-millrace.conflist";
const SHIM = "bin/millrace";

const run = (node: TestNode, changed: Partial<InstallOptions> = {}) =>
  install({ ...node.options, ...changed }, node.told);

const listed = (node: TestNode, changed: object) => ({
  conflist: { ...node.options.conflist, ...changed } as InstallOptions["conflist"],
});

it("the executable comes first, the configuration last", async () => {
  const node = testNode();
  await node.startAgent();
  await run(node);
  expect(node.changes).toEqual([`written ${SHIM}`, `written ${LIST}`]);
  expect(readFileSync(node.at(SHIM), "utf8")).toBe(SHIM_TEXT);
  expect(statSync(node.at(SHIM)).mode & 0o7777).toBe(0o755);
  expect(statSync(node.at(LIST)).mode & 0o7777).toBe(0o644);
});

it("installing the same once more changes nothing", async () => {
  const node = testNode();
  await node.startAgent();
  await run(node);
  const before = [SHIM, LIST].map((path) => statSync(node.at(path)).ino);
  await run(node);
  expect(node.changes.slice(2)).toEqual([`unchanged ${SHIM}`, `unchanged ${LIST}`]);
  expect([SHIM, LIST].map((path) => statSync(node.at(path)).ino)).toEqual(before);
});

it("no configuration is written while no agent answers", async () => {
  const node = testNode();
  const done = run(node);
  await expect(done).rejects.toThrow("no CNI configuration is written: no agent listens on");
  await expect(done).rejects.toThrow("--wait SECONDS");
  expect(node.changes).toEqual([`written ${SHIM}`]);
  expect(readdirSync(node.at("conf"))).toEqual([]);
});

it("an agent that comes within the time to wait is waited for", async () => {
  const node = testNode();
  const done = run(node, { waitSeconds: 8 });
  await expect.poll(() => existsSync(node.at(SHIM))).toBe(true);
  expect(existsSync(node.at(LIST))).toBe(false);
  await node.startAgent();
  await done;
  expect(existsSync(node.at(LIST))).toBe(true);
});

it("on nodes for Multus alone there is no configuration, and no agent is asked", async () => {
  const node = testNode();
  await run(node, { conflist: null });
  expect(node.changes).toEqual([`written ${SHIM}`]);
});

for (const path of [SHIM, LIST]) {
  it(`a ${path} of somebody else keeps everything as it is, unless it is forced`, async () => {
    const node = testNode();
    await node.startAgent();
    writeFileSync(node.at(path), '{"name": "theirs"}');
    await expect(run(node)).rejects.toThrow(`${node.at(path)} is there and was not written by`);
    expect(node.changes).toEqual([]);
    expect(readFileSync(node.at(path), "utf8")).toBe('{"name": "theirs"}');
    await run(node, { force: true });
    expect(node.changes).toEqual([`written ${SHIM}`, `written ${LIST}`]);
  });
}

it("another file name takes the place of the one before", async () => {
  const node = testNode();
  await node.startAgent();
  await run(node);
  writeFileSync(node.at("conf/99-theirs.conflist"), "{}");
  await run(node, listed(node, { file: "00-millrace.conflist" }));
  expect(node.changes.slice(2)).toEqual([
    `unchanged ${SHIM}`,
    "written conf/00-millrace.conflist",
    `removed ${LIST}`,
  ]);
  expect(readdirSync(node.at("conf")).sort()).toEqual([
    "00-millrace.conflist",
    "99-theirs.conflist",
  ]);
});

/** A plugin that answers VERSION. */
const pluginWith = (...versions: string[]) =>
  `#!/bin/sh\necho '${JSON.stringify({ cniVersion: "1.0.0", supportedVersions: versions })}'\n`;

it("a plugin of the chain that is not there is named, and nothing refers to it", async () => {
  const node = testNode();
  await node.startAgent();
  const done = run(node, listed(node, { chain: ["portmap"] }));
  await expect(done).rejects.toThrow(
    `--chain portmap: ${node.at("bin/portmap")} does not say its CNI versions: `,
  );
  expect(existsSync(node.at(LIST))).toBe(false);
});

it("the list has the versions that each of its plugins has", async () => {
  const node = testNode();
  await node.startAgent();
  const list = () => JSON.parse(readFileSync(node.at(LIST), "utf8"));
  await run(node);
  expect(list()).toMatchObject({ cniVersion: "1.0.0", cniVersions: ["1.0.0", "1.1.0"] });
  writeFileSync(node.at("bin/portmap"), pluginWith("0.4.0", "1.0.0"), { mode: 0o755 });
  await run(node, listed(node, { chain: ["portmap"] }));
  expect(list()).toMatchObject({ cniVersion: "1.0.0", cniVersions: ["1.0.0"] });
  expect(list().plugins[1]).toEqual({ type: "portmap", capabilities: { portMappings: true } });
  writeFileSync(node.at("bin/portmap"), pluginWith("0.4.0"), { mode: 0o755 });
  await expect(run(node, listed(node, { chain: ["portmap"] }))).rejects.toThrow(
    "portmap has the CNI versions 0.4.0, not 1.0.0 or 1.1.0",
  );
});

it("our plugin of the list is a configuration that the agent accepts", () => {
  for (const socket of ["/run/millrace/agent.sock", "/run/other.sock"]) {
    const { name, cniVersion, plugins } = JSON.parse(
      conflist({ network: "blue", chain: [], socket }, ["1.1.0"]),
    );
    const runtimeConfig = { ips: ["10.1.0.9"], mac: "02:00:00:00:00:01" };
    const conf = parseNetConf({ name, cniVersion, ...plugins[0], runtimeConfig });
    expect(conf.agentSocket).toBe(socket.includes("other") ? socket : undefined);
  }
});
