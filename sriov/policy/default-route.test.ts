import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FakeSysfs } from "../fixtures/fake-sysfs.ts";
import { defaultRouteNames } from "./default-route.ts";

const NAMES = ["ens1f0", "ens1f1", "bond0", "bond0.7", "br0", "ens2", "br-ex", "ovs-system"];

function machine(links: Record<string, string>) {
  const { root } = new FakeSysfs();
  for (const name of NAMES) mkdirSync(join(root, "class/net", name));
  for (const [from, to] of Object.entries(links)) symlinkSync(to, join(root, "class/net", from));
  return (...by: string[]) =>
    defaultRouteNames({
      sysfs: root,
      links: NAMES.map((name, i) => {
        const kind = name === "br-ex" ? "openvswitch" : "";
        return { ifindex: i + 1, name, kind };
      }),
      interfaces: by.map((name) => NAMES.indexOf(name) + 1),
    });
}

describe("defaultRouteNames", () => {
  it("is the interface itself", async () => {
    const names = machine({});
    expect(await names("ens1f0")).toEqual(new Set(["ens1f0"]));
    expect(await names()).toEqual(new Set());
  });

  it("is everything below a VLAN of a bond, each once", async () => {
    const names = machine({
      "bond0.7/lower_bond0": "../bond0",
      "bond0/lower_ens1f0": "../ens1f0",
      "bond0/lower_ens1f1": "../ens1f1",
      "br0/lower_ens1f1": "../ens1f1",
      "ens1f0/upper_bond0": "../bond0",
    });
    expect(await names("bond0.7", "br0")).toEqual(
      new Set(["bond0.7", "bond0", "ens1f0", "ens1f1", "br0"]),
    );
  });

  it("is every port of Open vSwitch when the route leaves by one that is not a device", async () => {
    const names = machine({ "ens2/master": "../ovs-system", "ens1f0/master": "../bond0" });
    expect(await names("br-ex")).toEqual(new Set(["br-ex", "ens2"]));
    expect(await names("ens1f1")).toEqual(new Set(["ens1f1"]));
  });

  it("passes over an interface that is gone", async () => {
    const { root } = new FakeSysfs();
    const links = [{ ifindex: 3, name: "gone", kind: "" }];
    expect(await defaultRouteNames({ sysfs: root, links, interfaces: [3, 4] })).toEqual(
      new Set(["gone"]),
    );
  });
});
