import { describe, expect, it } from "vitest";
import type { EvpnDevice } from "./evpn-device.ts";
import { fdbEntry, flood, neighbour, VXLAN } from "./evpn-fixture.ts";
import { nodesOf } from "./evpn-nodes.ts";
import { remotesOf } from "./evpn-remotes.ts";

const [B, C] = ["192.0.2.2", "192.0.2.3"];
const [M1, M2, RMAC] = ["02:00:00:00:0b:01", "02:00:00:00:0b:02", "02:00:00:00:bb:bb"];

const device = (parts: Partial<EvpnDevice>): EvpnDevice => ({
  ...{ name: "vxlan100", vxlan: VXLAN, fdb: [], neighbours: [], routes: [] },
  ...parts,
});
const networksOf = (parts: Partial<EvpnDevice>) =>
  Object.fromEntries(remotesOf(device(parts)).networks);
const EMPTY = { vni: 100, udpPort: 4789, mac: "", prefixes: [], endpoints: [] };

describe("what FRR put into the kernel", () => {
  it("has a VTEP for each flood entry", () => {
    expect(networksOf({ fdb: [flood(B), flood(C)] })).toEqual({ [B]: EMPTY, [C]: EMPTY });
  });

  it("has stations with the addresses that were learned with them, in one order", () => {
    const fdb = [fdbEntry(M2, B), fdbEntry(M1, B)];
    const neighbours = [neighbour("fd00::1", M1), neighbour("10.0.0.1", M1)];
    expect(networksOf({ fdb, neighbours })[B]?.endpoints).toEqual([
      { mac: M1, addresses: ["10.0.0.1", "fd00::1"] },
      { mac: M2, addresses: [] },
    ]);
  });

  it("has prefixes by way of a VTEP, whose neighbour entry is its router MAC", () => {
    const networks = networksOf({
      fdb: [fdbEntry(RMAC, B)],
      neighbours: [neighbour(B, RMAC)],
      routes: [
        { prefix: "10.6.0.0/24", gateways: [B, B] },
        { prefix: "10.7.0.0/24", gateways: ["192.0.2.99"] },
      ],
    });
    expect(networks).toEqual({ [B]: { ...EMPTY, mac: RMAC, prefixes: ["10.6.0.0/24"] } });
  });

  it("has a station that is called as its VTEP is in the underlay, as long as no route is by it", () => {
    const networks = networksOf({
      fdb: [fdbEntry(M1, B), flood(C)],
      neighbours: [neighbour(B, M1), neighbour(C, M1)],
      routes: [{ prefix: "10.7.0.0/24", gateways: [C] }],
    });
    expect(networks).toEqual({
      [B]: { ...EMPTY, endpoints: [{ mac: M1, addresses: [B] }] },
      [C]: { ...EMPTY, mac: M1, prefixes: ["10.7.0.0/24"] },
    });
  });

  it("counts a prefix for each VTEP of a multipath route", () => {
    const fdb = [flood(B), flood(C)];
    const networks = networksOf({ fdb, routes: [{ prefix: "::/0", gateways: [B, C] }] });
    expect([networks[B]?.prefixes, networks[C]?.prefixes]).toEqual([["::/0"], ["::/0"]]);
  });

  it.each([
    ["our own VTEP", flood(VXLAN.local)],
    ["entries without a VTEP", fdbEntry(M1, "")],
    ["what the kernel learned from packets", fdbEntry(M1, B, { external: false })],
    ["groups", fdbEntry("01:00:5e:00:00:05", B)],
  ])("passes over %s", (_, entry) => {
    const { networks, rejected } = remotesOf(device({ fdb: [entry] }));
    expect([networks.size, rejected]).toEqual([0, []]);
  });

  it("takes no addresses that no routing daemon has put there", () => {
    const neighbours = [neighbour("10.0.0.1", M1, { external: false }), neighbour("10.0.0.2", "")];
    const networks = networksOf({ fdb: [fdbEntry(M1, B)], neighbours });
    expect(networks[B]?.endpoints).toEqual([{ mac: M1, addresses: [] }]);
  });

  it.each([
    [fdbEntry(M1, "", { nexthop: 7 }), "several VTEPs"],
    [flood("239.1.1.1"), "group 239.1.1.1"],
    [flood("ff02::5"), "group ff02::5"],
    [fdbEntry(M1, B, { vni: 200 }), "VNI 200 there and in 100 here"],
    [fdbEntry(M1, B, { udpPort: 8472 }), "UDP port 8472 there and on 4789 here"],
  ])("says why an entry is not taken", (entry, words) => {
    const { networks, rejected } = remotesOf(device({ fdb: [entry] }));
    expect(networks.size).toBe(0);
    expect(rejected).toEqual([
      { key: `vxlan100 ${entry.mac}`, reason: expect.stringContaining(words) },
    ]);
  });
});

describe("nodes", () => {
  it("have what all devices tell of one VTEP", () => {
    const other = { ...VXLAN, vni: 200, udpPort: 8472 };
    const all = [
      remotesOf(device({ fdb: [flood(B), flood("2001:db8::2")] })),
      remotesOf(device({ vxlan: other, fdb: [flood(B)] })),
    ];
    expect([...nodesOf(all).values()]).toEqual([
      {
        name: B,
        vteps: [
          { udpPort: 4789, address4: B, address6: "" },
          { udpPort: 8472, address4: B, address6: "" },
        ],
        networks: [EMPTY, { ...EMPTY, vni: 200, udpPort: 8472 }],
      },
      {
        name: "2001:db8::2",
        vteps: [{ udpPort: 4789, address4: "", address6: "2001:db8::2" }],
        networks: [EMPTY],
      },
    ]);
  });
});
