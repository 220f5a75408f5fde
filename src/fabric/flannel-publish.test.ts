import { describe, expect, test } from "vitest";
import type { FabricNode } from "./fabric.ts";
import { readFlannelNode } from "./flannel-annotations.ts";
import { writeFlannelAnnotations } from "./flannel-publish.ts";

const PREFIX = "flannel.alpha.coreos.com";
const CIDRS = ["10.244.1.0/24", "fd00:244:0:1::/64"];
const mac = "0a:00:00:00:00:0b";
const flannelLike = { vni: 1, udpPort: 8472, mac, prefixes: CIDRS, endpoints: [] };
const own: FabricNode = {
  name: "a",
  vteps: [
    { udpPort: 4789, address4: "198.51.100.1", address6: "" },
    { udpPort: 8472, address4: "192.0.2.11", address6: "2001:db8::11" },
  ],
  networks: [
    { vni: 200, udpPort: 4789, mac: "", prefixes: [], endpoints: [] },
    { vni: 300, udpPort: 4789, mac, prefixes: ["10.9.0.0/24"], endpoints: [] },
    flannelLike,
  ],
};

const write = (node: FabricNode, podCidrs = CIDRS, annotations: Record<string, string> = {}) =>
  Object.fromEntries(writeFlannelAnnotations(node, { annotations, podCidrs }, 1));

describe("what flannel's nodes are told of us", () => {
  const DATA = '{"VNI":1,"VtepMAC":"0a:00:00:00:00:0b"}';

  test("is the network whose prefixes they route to us, in both families", () => {
    expect(write(own)).toEqual({
      [`${PREFIX}/backend-type`]: "vxlan",
      [`${PREFIX}/kube-subnet-manager`]: "true",
      [`${PREFIX}/backend-data`]: DATA,
      [`${PREFIX}/public-ip`]: "192.0.2.11",
      [`${PREFIX}/backend-v6-data`]: DATA,
      [`${PREFIX}/public-ipv6`]: "2001:db8::11",
    });
  });

  test("reads as the node that we are, but for what flannel does not know", () => {
    const facts = { annotations: write(own), podCidrs: CIDRS };
    const read = readFlannelNode("a", facts, { vni: 1, udpPort: 8472 });
    expect(read).toEqual({ name: "a", vteps: [own.vteps[1]], networks: [flannelLike] });
  });

  test("is only the family that has prefixes and an address", () => {
    const keys = (node: FabricNode) => Object.keys(write(node)).sort();
    const v4 = ["backend-data", "backend-type", "kube-subnet-manager", "public-ip"];
    const noAddress = own.vteps.map((vtep) => ({ ...vtep, address6: "" }));
    expect(keys({ ...own, vteps: noAddress })).toEqual(v4.map((key) => `${PREFIX}/${key}`));
    const noPrefix = { ...flannelLike, prefixes: ["10.244.1.0/25"] };
    expect(keys({ ...own, networks: [noPrefix] })).toEqual(v4.map((key) => `${PREFIX}/${key}`));
  });

  test("is the network of flannel's VNI, though another has prefixes of theirs as well", () => {
    const other = { ...flannelLike, vni: 400 };
    expect(write({ ...own, networks: [other, flannelLike] })).toEqual(write(own));
    expect(() => write({ ...own, networks: [other] })).toThrow("VNI 1 has no prefix in them");
  });

  test("is the address that people set, where they did", () => {
    const set = { [`${PREFIX}/public-ip-overwrite`]: "203.0.113.9" };
    expect(write(own, CIDRS, set)).toMatchObject({
      [`${PREFIX}/public-ip`]: "203.0.113.9",
      [`${PREFIX}/public-ipv6`]: "2001:db8::11",
    });
  });

  test("is nothing while flannel could not reach us, with the reason", () => {
    expect(() => write(own, [])).toThrow("missing; flannel routes them to us; run kube-controller");
    expect(() => write(own, ["10.77.0.0/24"])).toThrow(
      "10.77.0.0/24: the routed network with VNI 1 has no prefix in them",
    );
    const noVtep = { ...own, vteps: own.vteps.slice(0, 1) };
    expect(() => write(noVtep)).toThrow("VNI 1: the VTEP on UDP port 8472 has no address");
  });
});
