import { describe, expect, it } from "vitest";
import { factsOf, objection, parseEndpoint, type ShownLink } from "./interfaces.ts";

const link = (ifname: string, more: Partial<ShownLink> = {}): ShownLink => ({
  ...{ ifname, flags: ["UP"], address: "02:00:00:00:00:01", addr_info: [] },
  ...more,
});
const address = (local: string, scope = "global") => ({ addr_info: [{ local, scope }] });
const host = (ifname: string) => ({ netns: null, ifname });
const refused = (ifname: string, links: ShownLink[], defaultBy: string[], force = false) =>
  objection(
    factsOf(
      host(ifname),
      links,
      defaultBy.map((dev) => ({ dev })),
    ),
    force,
  );

describe("an interface named for a benchmark", () => {
  it("is taken when nothing uses it", () => {
    expect(refused("eth1", [link("eth0"), link("eth1")], ["eth0"])).toBeNull();
  });

  it("is refused with the default route of this machine, with --force too", () => {
    for (const force of [false, true]) {
      expect(refused("eth0", [link("eth0")], ["eth0"], force)).toMatch(
        /^carries the default route of this machine \(eth0\): take another interface/,
      );
    }
  });

  it("is refused when the default route goes by a VLAN, a bond or a bridge above it", () => {
    const links = [
      link("eth0", { master: "bond0" }),
      link("eth1", { master: "bond0" }),
      link("bond0"),
      link("bond0.5", { link: "bond0", master: "br0" }),
      link("br0"),
    ];
    for (const ifname of ["eth0", "eth1", "bond0", "bond0.5", "br0"]) {
      expect(refused(ifname, links, ["br0"], true)).toContain(
        "default route of this machine (br0)",
      );
    }
  });

  it("is refused when one of several next hops goes by it", () => {
    const facts = factsOf(
      host("eth1"),
      [link("eth1")],
      [{ nexthops: [{ dev: "eth0" }, { dev: "eth1" }] }],
    );
    expect(objection(facts, true)).toContain("default route");
  });

  it("is refused with addresses, also with those of a VLAN above, unless forced", () => {
    const links = [link("eth1"), link("eth1.7", { link: "eth1", ...address("10.0.0.1") })];
    expect(refused("eth1", links, [])).toMatch(/^is in use, it carries 10\.0\.0\.1: --force/);
    expect(refused("eth1", links, [], true)).toBeNull();
  });

  it("may have link-local addresses, as every interface has", () => {
    expect(refused("eth1", [link("eth1", address("fe80::1", "link"))], [])).toBeNull();
  });

  it("with the default route of another namespace is taken only when forced", () => {
    const facts = factsOf({ netns: "pod", ifname: "eth0" }, [link("eth0")], [{ dev: "eth0" }]);
    expect(objection(facts, false)).toContain("default route of its namespace (eth0): --force");
    expect(objection(facts, true)).toBeNull();
  });

  it("is refused when it is down, has an XDP program or is the loopback", () => {
    expect(refused("eth1", [link("eth1", { flags: [] })], [])).toContain("is down");
    expect(refused("eth1", [link("eth1", { xdp: { mode: 1 } })], [], true)).toContain(
      "XDP program",
    );
    expect(refused("lo", [link("lo", { flags: ["UP", "LOOPBACK"] })], [], true)).toContain(
      "loopback",
    );
  });

  it("that does not exist is refused with those that do", () => {
    expect(() => factsOf(host("eth9"), [link("lo"), link("eth1")], [])).toThrow(
      "there is no interface eth9; there are lo, eth1",
    );
  });

  it("is named with its namespace in front", () => {
    expect(parseEndpoint("eth1")).toEqual({ netns: null, ifname: "eth1" });
    expect(parseEndpoint("blue/eth1")).toEqual({ netns: "blue", ifname: "eth1" });
    expect(() => parseEndpoint("a/b/c")).toThrow('interface "a/b/c": expected INTERFACE or');
  });
});
