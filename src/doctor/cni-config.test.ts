import { describe, expect, it } from "vitest";
import { checkCniConfig } from "./cni-config.ts";
import { conflist, fixtureHost, type Tree } from "./fixture.ts";

const OWN = "etc/cni/net.d/10-millrace.conflist";
const findings = (tree: Tree = {}) => checkCniConfig(fixtureHost(tree));
const statuses = (tree: Tree = {}) => findings(tree).map(({ status }) => status);

describe("checkCniConfig", () => {
  it("finds nothing wrong when the only file is ours and the executable is there", () => {
    expect(statuses()).toEqual(["ok", "ok"]);
  });

  it("warns when another file sorts before ours", () => {
    const [winner, shadowed] = findings({ "etc/cni/net.d/05-other.conf": '{"type":"bridge"}' });
    expect(winner?.text).toMatch(/05-other\.conf wins: bridge$/);
    expect(shadowed).toMatchObject({
      status: "warning",
      text: "10-millrace.conflist is shadowed by 05-other.conf: no pod gets it by default",
    });
  });

  it("sorts by bytes, as runtimes do", () => {
    const [winner] = findings({ "etc/cni/net.d/1-first.conf": '{"type":"bridge"}' });
    expect(winner?.text).toContain("1-first.conf wins");
    const [other] = findings({ "etc/cni/net.d/Z.conf": '{"type":"bridge"}' });
    expect(other?.text).toContain("10-millrace.conflist wins");
  });

  it("does not look at files that runtimes do not look at", () => {
    expect(statuses({ "etc/cni/net.d/00-old.conf.bak": "broken" })).toEqual(["ok", "ok"]);
  });

  it("calls broken JSON that sorts first a problem, later a warning", () => {
    expect(findings({ "etc/cni/net.d/00-bad.conf": "{" })[1]).toMatchObject({
      status: "problem",
      text: expect.stringContaining("sorts first"),
    });
    expect(statuses({ "etc/cni/net.d/99-bad.conf": "{" })).toEqual(["ok", "warning", "ok"]);
  });

  it("calls a plugin without a type broken, and any other JSON too", () => {
    const broken = ['{"plugins":[{}]}', '{"plugins":[]}', "[]", "null", '{"type":7}'];
    for (const text of broken) {
      expect(statuses({ "etc/cni/net.d/99-bad.conflist": text })[1], text).toBe("warning");
    }
  });

  it("makes an executable that is missing a problem only when a file names it", () => {
    const host = fixtureHost();
    const missing = checkCniConfig({ ...host, opt: "/nowhere" }).at(-1);
    expect(missing).toMatchObject({
      status: "problem",
      text: "/nowhere/cni/bin/millrace is missing, but a file names it",
    });
    const other = fixtureHost({ [OWN]: conflist("bridge") });
    expect(checkCniConfig({ ...other, opt: "/nowhere" }).at(-1)?.status).toBe("warning");
  });

  it("sees an executable that may not be executed", () => {
    const tree = { "opt/cni/bin/millrace": { text: "", mode: 0o644 } };
    expect(findings(tree).at(-1)?.text).toContain("is not executable");
  });

  it("warns of a directory without any file", () => {
    const host = { ...fixtureHost(), etc: "/nowhere" };
    expect(checkCniConfig(host)[0]).toMatchObject({
      status: "warning",
      text: expect.stringContaining("/nowhere/cni/net.d has no usable file"),
    });
  });
});
