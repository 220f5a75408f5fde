import { describe, expect, test } from "vitest";
import { FLANNEL_PORT, readFlannelNode, writeBackendData } from "./flannel-annotations.ts";

const PREFIX = "flannel.alpha.coreos.com";
/** As flanneld 0.28.9 has written them, but for the addresses. */
const V4: Record<string, string> = {
  [`${PREFIX}/backend-data`]: '{"VNI":1,"VtepMAC":"12:c6:65:89:b4:e3"}',
  [`${PREFIX}/backend-type`]: "vxlan",
  [`${PREFIX}/kube-subnet-manager`]: "true",
  [`${PREFIX}/public-ip`]: "192.0.2.12",
};
const V6: Record<string, string> = {
  [`${PREFIX}/backend-v6-data`]: '{"VNI":1,"VtepMAC":"5a:ee:08:d9:54:04"}',
  [`${PREFIX}/public-ipv6`]: "2001:db8::12",
};
const CIDRS = ["10.244.2.0/24", "fd00:244:0:2::/64"];

const read = (annotations: Record<string, string>, podCidrs = CIDRS, port = FLANNEL_PORT) =>
  readFlannelNode("b", { annotations, podCidrs }, { vni: 1, udpPort: port });
const network = { vni: 1, udpPort: 8472, endpoints: [] };

test("backend data is what flannel writes and finds its MAC in, byte for byte", () => {
  expect(writeBackendData(1, "12:c6:65:89:b4:e3")).toBe(V4[`${PREFIX}/backend-data`]);
});

describe("a flannel node", () => {
  test("with IPv4 has one VTEP and one network", () => {
    expect(read(V4)).toEqual({
      name: "b",
      vteps: [{ udpPort: 8472, address4: "192.0.2.12", address6: "" }],
      networks: [{ ...network, mac: "12:c6:65:89:b4:e3", prefixes: ["10.244.2.0/24"] }],
    });
  });

  test("with IPv6 alone, too, and null, which flannel writes for no data, is nothing", () => {
    const { [`${PREFIX}/public-ip`]: _, ...rest } = V4;
    expect(read({ ...rest, ...V6, [`${PREFIX}/backend-data`]: "null" })).toEqual({
      name: "b",
      vteps: [{ udpPort: 8472, address4: "", address6: "2001:db8::12" }],
      networks: [{ ...network, mac: "5a:ee:08:d9:54:04", prefixes: ["fd00:244:0:2::/64"] }],
    });
  });

  test("with both has a network for each family, as each has a MAC of its own", () => {
    expect(read({ ...V4, ...V6 })).toEqual({
      name: "b",
      vteps: [{ udpPort: 8472, address4: "192.0.2.12", address6: "2001:db8::12" }],
      networks: [
        { ...network, mac: "12:c6:65:89:b4:e3", prefixes: ["10.244.2.0/24"] },
        { ...network, mac: "5a:ee:08:d9:54:04", prefixes: ["fd00:244:0:2::/64"] },
      ],
    });
  });

  test("with one MAC for both, as Millrace has, is one network", () => {
    const same = { ...V6, [`${PREFIX}/backend-v6-data`]: V4[`${PREFIX}/backend-data`] ?? "" };
    expect(read({ ...V4, ...same })?.networks).toEqual([
      { ...network, mac: "12:c6:65:89:b4:e3", prefixes: CIDRS },
    ]);
  });

  test("is on the UDP port of the overlay that it is in", () => {
    expect(read(V4, CIDRS, 4789)).toMatchObject({
      ...{ vteps: [{ udpPort: 4789 }], networks: [{ udpPort: 4789 }] },
    });
  });

  test("is none without flannel's mark, or with another backend", () => {
    expect(read({})).toBeNull();
    expect(read({ ...V4, [`${PREFIX}/kube-subnet-manager`]: "false" })).toBeNull();
    expect(read({ ...V4, [`${PREFIX}/backend-type`]: "host-gw" })).toBeNull();
  });

  const wrong: [string, string | undefined, string][] = [
    ["backend-data", undefined, "missing"],
    ["backend-data", '{"VNI":1}', '["VtepMAC"]: accepted: a unicast MAC'],
    ["backend-data", '{"VNI":1,"VtepMAC":', "accepted: JSON"],
    ["backend-data", '{"VNI":0,"VtepMAC":"12:c6:65:89:b4:e3"}', "(VNI)"],
    ["public-ip", undefined, "missing; accepted: a unicast IPv4 address"],
    ["public-ip", "2001:db8::1", "accepted: a unicast IPv4 address"],
  ];
  test.each(wrong)("with %s = %s is refused with the key and the reason", (key, value, reason) => {
    const { [`${PREFIX}/${key}`]: _, ...rest } = V4;
    const annotations = value === undefined ? rest : { ...rest, [`${PREFIX}/${key}`]: value };
    expect(() => read(annotations)).toThrow(expect.objectContaining({ key: `${PREFIX}/${key}` }));
    expect(() => read(annotations)).toThrow(reason);
  });

  test("is refused when it is in another network, in one family or in both", () => {
    const key = `${PREFIX}/backend-v6-data`;
    const other = { [key]: '{"VNI":100,"VtepMAC":"5a:ee:08:d9:54:04"}' };
    const reason = "VNI 100; accepted: VNI 1 (fabric.flannelBackendVni)";
    expect(() => read({ ...V4, ...V6, ...other })).toThrow(reason);
    expect(() => read({ ...V4, ...V6, ...other })).toThrow(expect.objectContaining({ key }));
    const both = { ...V4, ...V6, ...other, [`${PREFIX}/backend-data`]: other[key] ?? "" };
    expect(() => read(both)).toThrow(reason);
  });

  test("is refused while its Node has no prefix of the family", () => {
    expect(() => read(V4, [])).toThrow("missing; accepted: an IPv4 prefix");
    expect(() => read(V4, ["fd00::/64"])).toThrow("fd00::/64: accepted: an IPv4 prefix");
    expect(() => read(V4, ["10.244.2.0"])).toThrow(
      expect.objectContaining({ key: "spec.podCIDRs" }),
    );
  });
});
