import { expect, it } from "vitest";
import { VXLAN } from "./evpn-fixture.ts";
import { stationsFor } from "./evpn-stations.ts";
import type { FabricNetwork, FabricNode } from "./fabric.ts";

const DEVICE = { name: "vxlan100", vxlan: VXLAN, fdb: [], neighbours: [], routes: [] };
const ENDPOINTS = [
  { mac: "02:00:00:00:0A:01", addresses: ["10.0.0.1", "FD00:0::1"] },
  { mac: "", addresses: ["10.0.0.9"] },
];
const own = (network: Partial<FabricNetwork>, address4 = VXLAN.local): FabricNode => ({
  name: "a",
  vteps: [{ udpPort: 4789, address4, address6: "" }],
  networks: [
    { ...{ vni: 100, udpPort: 4789, mac: "", prefixes: [], endpoints: ENDPOINTS }, ...network },
  ],
});
const doubtsOf = (node: FabricNode) => stationsFor(node, DEVICE).doubts.map((one) => one.reason);

it("takes the stations of the network with the VNI, as the kernel writes their addresses", () => {
  const { stations, doubts } = stationsFor(own({}), DEVICE);
  expect(Object.fromEntries(stations)).toEqual({ "02:00:00:00:0a:01": ["10.0.0.1", "fd00::1"] });
  expect(doubts).toEqual([]);
});

it("has none for another VNI or UDP port, and says so", () => {
  for (const other of [{ vni: 101 }, { udpPort: 8472 }]) {
    expect(stationsFor(own(other), DEVICE).stations.size).toBe(0);
    expect(doubtsOf(own(other))).toEqual(["no network here has its VNI 100 and UDP port 4789"]);
  }
});

it("says when the local address is of no VTEP here", () => {
  expect(doubtsOf(own({}, "192.0.2.9"))).toEqual([
    "no VTEP here has its local address 192.0.2.1 and UDP port 4789",
  ]);
});

it("has no stations of a routed network, and wants its MAC address on the bridge", () => {
  expect(stationsFor(own({ mac: VXLAN.bridgeMac }), DEVICE)).toEqual({
    ...{ stations: new Map(), doubts: [] },
  });
  expect(doubtsOf(own({ mac: "02:00:00:00:00:99" }))).toEqual([
    expect.stringContaining("ip link set br0 address 02:00:00:00:00:99"),
  ]);
});
