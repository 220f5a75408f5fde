import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { CONF, conflist, fixtureHost, type Tree } from "./fixture.ts";
import { checkOwnConf } from "./own-conf.ts";

const OWN = `${CONF}/10-millrace.conflist`;
const YAML = "networks: [{name: blue, nodePrefixes: [10.1.0.0/24]}]";

const list = (...plugins: Record<string, unknown>[]) =>
  JSON.stringify({ cniVersion: "1.1.0", name: "blue", plugins });

const own = (keys: Record<string, unknown>) => list({ type: "millrace", ...keys });
const found = (text: string, yaml = YAML) => checkOwnConf(fixtureHost({ [OWN]: text }, yaml));

it("A configuration that the agent would take is named with its network and mode", async () => {
  expect(await found(own({ mtu: 9000 }))).toMatchObject([
    {
      status: "ok",
      text: expect.stringMatching(/10-millrace\.conflist: network blue, mode fastpath/),
    },
  ]);
  expect((await found(own({ mode: "vf" })))[0]?.text).toMatch(/: mode vf, no addresses$/);
});

it("A key that is refused is named with its value and what is accepted, once for a file", async () => {
  const plugins = [
    { type: "millrace", mtuu: 9000 },
    { type: "millrace", mtu: 1 },
  ];
  expect(await found(list(...plugins))).toMatchObject([
    {
      status: "problem",
      text: expect.stringMatching(
        /plugins\[0\]: unsupported field .*: mtuu = 9000; accepted: the k/,
      ),
    },
  ]);
});

it("A value that is refused in mode vf is found by the same words as at ADD", async () => {
  const [finding] = await found(own({ mode: "vf", vlan: 5000 }));
  expect(finding).toMatchObject({
    status: "problem",
    text: expect.stringContaining("vlan = 5000"),
  });
});

it("Keys of mode vf are taken without a mode, as Multus adds the device", async () => {
  expect((await found(own({ trust: "on" })))[0]?.text).toMatch(/mode vf, no addresses$/);
});

it("A network that nobody has is a problem that names those there are", async () => {
  expect((await found(own({ network: "green" })))[0]).toMatchObject({
    status: "problem",
    text: expect.stringMatching(/"green" is unknown to the configuration; it has blue$/),
  });
});

it("Without agent and configuration nobody knows the networks, and none is a problem", async () => {
  expect((await found(own({ network: "green" }), ""))[0]?.status).toBe("ok");
});

it("A socket that is not there is a problem, one of another agent is not", async () => {
  expect((await found(own({ agentSocket: "/nowhere/a.sock" })))[0]).toMatchObject({
    status: "problem",
    text: expect.stringContaining('agentSocket = "/nowhere/a.sock": there is no socket'),
  });
  const path = join(fixtureHost().root, "other.sock");
  const server = createServer();
  await new Promise<void>((done) => server.listen(path, done));
  onTestFinished(() => void server.close());
  expect((await found(own({ agentSocket: path })))[0]).toMatchObject({ status: "ok" });
});

it("Configurations of ours for Multus are looked at as well, those of others are not", async () => {
  const tree: Tree = {
    [OWN]: conflist("bridge"),
    "etc/cni/multus/net.d/a.conf": '{"cniVersion":"1.1.0","name":"blue","type":"millrace","x":1}',
  };
  const findings = await checkOwnConf(fixtureHost(tree, YAML));
  expect(findings.map(({ text }) => text)).toEqual([
    expect.stringContaining("a.conf: unsupported"),
  ]);
});
