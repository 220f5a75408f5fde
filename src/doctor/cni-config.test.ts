import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCniConfig } from "./cni-config.ts";
import { readConfDir } from "./conf-dir.ts";
import { CONF, conflist, fixtureHost, type Tree } from "./fixture.ts";

const findings = (tree: Tree = {}) => checkCniConfig(fixtureHost(tree));
const statuses = (tree: Tree = {}) => findings(tree).map(({ status }) => status);

/** A file that no pod depends on: what is wrong with it is a warning. */
const last = (text: string, suffix = "conflist") => findings({ [`${CONF}/99-x.${suffix}`]: text });

describe("checkCniConfig", () => {
  it("finds nothing wrong when the only file is ours", () => {
    expect(findings()).toMatchObject([
      { status: "ok", text: expect.stringMatching(/10-millrace\.conflist wins: millrace$/) },
    ]);
  });

  it("warns when another file sorts before ours", () => {
    const [winner, shadowed] = findings({ [`${CONF}/05-other.conf`]: '{"type":"a","name":"o"}' });
    expect(winner?.text).toMatch(/05-other\.conf wins: a$/);
    expect(shadowed).toMatchObject({
      status: "warning",
      text: "10-millrace.conflist is shadowed by 05-other.conf: no pod gets it by default",
    });
  });

  it("does not call the second one of ours shadowed", () => {
    const own = '{"type":"millrace","name":"first"}';
    expect(statuses({ [`${CONF}/05-first.conf`]: own })).toEqual(["ok"]);
  });

  it("does not warn when it is Multus that sorts first and delegates to ours", () => {
    const multus = {
      type: "multus-shim",
      name: "m",
      clusterNetwork: `/host/${CONF}/10-millrace.conflist`,
    };
    expect(findings({ [`${CONF}/00-multus.conf`]: JSON.stringify(multus) })).toMatchObject([
      { status: "ok" },
      { status: "ok", text: "10-millrace.conflist reaches pods through 00-multus.conf" },
    ]);
  });

  it("sorts by bytes, as runtimes do", () => {
    const one = '{"type":"bridge","name":"one"}';
    expect(findings({ [`${CONF}/1-first.conf`]: one })[0]?.text).toContain("1-first.conf wins");
    expect(findings({ [`${CONF}/Z.conf`]: one })[0]?.text).toContain("10-millrace.conflist wins");
    const letters = {
      [`${CONF}/10-B.conf`]: one,
      [`${CONF}/10-a.conf`]: '{"type":"a","name":"a"}',
    };
    expect(findings(letters)[0]?.text).toContain("10-B.conf wins");
  });

  it("names leftovers that runtimes do not look at, without a warning", () => {
    const tree = { [`${CONF}/00-old.conf.bak`]: "broken", [`${CONF}/10-a.conflist~`]: "" };
    expect(findings(tree).at(-1)).toMatchObject({
      status: "ok",
      text: "not read by runtimes: 00-old.conf.bak, 10-a.conflist~",
    });
  });

  it("warns when the only file of ours has a name that is not read", () => {
    const tree = {
      [`${CONF}/10-millrace.conflist`]: conflist("bridge"),
      [`${CONF}/05-millrace.conflist.txt`]: conflist("millrace"),
    };
    expect(findings(tree).at(-1)).toMatchObject({
      status: "warning",
      text: expect.stringContaining(
        "05-millrace.conflist.txt is ours, but runtimes do not read it",
      ),
    });
  });

  it("calls broken JSON that sorts first a problem, later a warning", () => {
    expect(findings({ [`${CONF}/00-bad.conf`]: "{" })[1]).toMatchObject({
      status: "problem",
      text: expect.stringContaining("sorts first"),
    });
    expect(statuses({ [`${CONF}/99-bad.conf`]: "{" })).toEqual(["ok", "warning"]);
  });

  it.each([
    ["", "it is empty"],
    ["\uFEFF{}", "it starts with a byte order mark"],
    ["[]", "it is no JSON object"],
    ['{"plugins":[{"type":"a"}]}', 'it has no "name"'],
    ['{"name":"x"}', 'it has no "plugins"'],
    ['{"name":"x","plugins":[]}', '"plugins" is empty'],
    ['{"name":"x","plugins":{}}', '"plugins" is no list'],
    ['{"name":"x","plugins":[{"type":"a"},{}]}', 'plugins[1] has no "type"'],
    ['{"name":7,"plugins":[{"type":"a"}]}', '"name" is no text'],
    ['{"name":"x","cniVersion":1,"plugins":[{"type":"a"}]}', '"cniVersion" is no text'],
    ['{"name":"x","disableCheck":"no","plugins":[{"type":"a"}]}', "neither true nor false"],
  ])("says why runtimes do not load the list %s", (text, reason) => {
    expect(last(text)[1]).toMatchObject({
      status: "warning",
      text: expect.stringContaining(reason),
    });
  });

  it("names the file that a list in a .conf belongs into", () => {
    expect(last(conflist("bridge"), "conf")[1]?.text).toMatch(/is a list.* like 99-x\.conflist$/);
  });

  it("sees a link to nothing", () => {
    const [, finding] = findings({ [`${CONF}/99-gone.conf`]: { link: "/nowhere/10-a.conf" } });
    expect(finding?.text).toMatch(/99-gone\.conf is broken: it is a link to nothing$/);
  });

  it("does not wait for a pipe, nor for a directory behind a link", () => {
    const host = fixtureHost({ [`${CONF}/98-dir.conf`]: { link: "/tmp" } });
    execFileSync("mkfifo", [join(host.confDir, "97-pipe.conf"), join(host.confDir, "pipe.bak")]);
    const broken = checkCniConfig(host).filter(({ status }) => status === "warning");
    expect(broken.map(({ text }) => text)).toEqual([
      expect.stringMatching(/97-pipe\.conf is broken: it is no file$/),
      expect.stringMatching(/98-dir\.conf is broken: it is no file$/),
    ]);
  });

  it("reads plugins from the directory of the network's name, as the specification has it", () => {
    const list = { [`${CONF}/99-x.conflist`]: '{"name":"x","cniVersion":"1.1.0"}' };
    expect(statuses(list)).toEqual(["ok", "warning"]);
    expect(statuses({ ...list, [`${CONF}/x/10-a.conf`]: '{"type":"bridge"}' })).toEqual(["ok"]);
    expect(findings({ ...list, [`${CONF}/x/10-a.conf`]: "{}" })[1]?.text).toContain("x/10-a.conf");
  });

  it("calls a name and a version that no plugin takes a problem", () => {
    expect(last('{"type":"bridge"}', "conf").at(-1)).toMatchObject({
      status: "problem",
      text: expect.stringMatching(
        /99-x\.conf has no "name": runtimes load it, and every ADD fails/,
      ),
    });
    const list = '{"name":"x","cniVersion":"2.0","plugins":[{"type":"bridge"}]}';
    expect(last(list).at(-1)).toMatchObject({
      status: "problem",
      remedy: expect.stringMatching(/0\.1\.0, .*, 1\.1\.0/),
    });
  });

  it("takes the newest version that a file offers", () => {
    const versions = { cniVersion: "2.0", cniVersions: ["1.0.0", "1.1.0", "2.0"] };
    const list = { name: "x", ...versions, plugins: [{ type: "bridge" }] };
    const { confDir } = fixtureHost({ [`${CONF}/99-x.conflist`]: JSON.stringify(list) });
    expect(readConfDir(confDir).files.at(-1)?.list?.cniVersion).toBe("1.1.0");
    expect(last(JSON.stringify(list)).map(({ status }) => status)).toEqual(["ok"]);
  });

  it("warns of two networks of one name", () => {
    expect(findings({ [`${CONF}/20-copy.conflist`]: conflist("millrace") }).at(-1)).toMatchObject({
      status: "warning",
      text: expect.stringMatching(/20-copy\.conflist has the name "pods", as 10-millrace/),
    });
  });

  it("warns of a directory that is missing, and of one without any file", () => {
    const host = { ...fixtureHost(), confDir: "/nowhere/net.d" };
    expect(checkCniConfig(host)[0]).toMatchObject({
      status: "warning",
      text: expect.stringContaining("/nowhere/net.d is missing: no runtime uses Millrace"),
    });
    const { root } = fixtureHost({ "empty/nothing.txt": "" });
    const [empty] = checkCniConfig({ ...host, confDir: `${root}/empty` });
    expect(empty?.text).toContain("has no usable file");
  });
});
