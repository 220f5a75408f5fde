import { describe, expect, it } from "vitest";
import { CONF, conflist, fixtureHost, type Tree } from "./fixture.ts";
import { checkMultus } from "./multus.ts";

const SOCKET: Tree = { "run/multus/multus.sock": "" };
const SHIM = { type: "multus-shim", name: "multus-cni-network", cniVersion: "1.0.0" };

function found(conf: Record<string, unknown>, tree: Tree = SOCKET) {
  return checkMultus(fixtureHost({ [`${CONF}/00-multus.conf`]: JSON.stringify(conf), ...tree }));
}

const master = (name: string) => ({ ...SHIM, clusterNetwork: `/host/etc/cni/net.d/${name}` });
const thin = (delegate: unknown) => ({ ...SHIM, type: "multus", delegates: [delegate] });

describe("checkMultus", () => {
  it("has nothing to say where there is no Multus", () => {
    expect(checkMultus(fixtureHost())).toEqual([]);
  });

  it("names what every pod gets when all is well", () => {
    expect(found(master("10-millrace.conflist"))).toMatchObject([
      { status: "ok", text: expect.stringMatching(/gives every pod 10-millrace\.conflist$/) },
    ]);
    expect(found(thin(JSON.parse(conflist("millrace"))))).toMatchObject([{ status: "ok" }]);
  });

  it("warns of a file it was generated from that is not there any more", () => {
    expect(found(master("05-old.conflist"))).toMatchObject([
      { status: "warning", text: expect.stringContaining("delegates to 05-old.conflist, which") },
    ]);
    expect(found(thin({ name: "old", type: "bridge" }))[0]?.text).toContain('a copy of "old"');
  });

  it("warns of a copy that is older than its file", () => {
    const old = { name: "pods", cniVersion: "1.1.0", plugins: [{ type: "millrace", mtu: 1400 }] };
    expect(found(thin(old))).toMatchObject([
      { text: expect.stringContaining("an older copy of 10-millrace.conflist"), status: "warning" },
    ]);
  });

  it("does not call the copy of a single plugin old for the name that Multus gives it", () => {
    const tree = {
      [`${CONF}/10-millrace.conflist`]: "{}",
      [`${CONF}/20-a.conf`]: '{"type":"a","name":"n"}',
    };
    expect(found(thin({ type: "a", name: "n", cniVersion: "0.3.1" }), tree)[0]?.status).toBe("ok");
  });

  it("warns of a generated file without any network", () => {
    expect(found(SHIM)[0]?.text).toContain('neither "clusterNetwork" nor "delegates"');
  });

  it("warns when another file sorts first", () => {
    const first = { [`${CONF}/00-a.conf`]: '{"type":"a","name":"a"}' };
    const [finding] = found(master("10-millrace.conflist"), { ...SOCKET, ...first });
    expect(finding?.text).toMatch(/is shadowed by 00-a\.conf: annotations of pods are not looked/);
  });

  it("warns of a readiness indicator and of a daemon that are not there", () => {
    const conf = { ...master("10-millrace.conflist"), readinessindicatorfile: "/host/run/x/ready" };
    expect(found(conf, {}).map(({ text }) => text)).toEqual([
      expect.stringMatching(/waits for .*\/run\/x\/ready, which is not there/),
      expect.stringMatching(/socket .*\/run\/multus\/multus\.sock is not there$/),
    ]);
    expect(found(conf, { ...SOCKET, "run/x/ready": "" })[0]?.status).toBe("ok");
  });

  it("looks into the directory for definitions without a configuration of their own", () => {
    const tree = {
      "etc/cni/multus/net.d/a.conflist": conflist("millrace"),
      "etc/cni/multus/net.d/b.conf": "{",
    };
    expect(checkMultus(fixtureHost(tree))).toMatchObject([
      { status: "warning", text: expect.stringContaining("b.conf is broken") },
      { status: "ok", text: expect.stringMatching(/without spec\.config: pods$/) },
    ]);
  });
});
