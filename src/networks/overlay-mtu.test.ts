import { describe, expect, it } from "vitest";
import { type OverlayMtuFacts, overlayMtu, vxlanOverhead } from "./overlay-mtu.ts";

const FACTS: OverlayMtuFacts = {
  named: null,
  uplinks: [{ ifname: "eth1", mtu: 1500 }],
  families: [4],
  least: { mtu: 68, because: "RFC 791 3.2" },
  most: { mtu: 9000, because: "segments" },
};

const mtu = (more: Partial<OverlayMtuFacts>) => overlayMtu({ ...FACTS, ...more });
const uplinks = (...mtus: number[]) => mtus.map((mtu, i) => ({ ifname: `eth${i + 1}`, mtu }));

describe("the overhead of VXLAN", () => {
  it("is 50 bytes over IPv4 and 70 over IPv6", () => {
    expect([vxlanOverhead(4), vxlanOverhead(6)]).toEqual([50, 70]);
  });
});

describe("the MTU of a network with a VNI", () => {
  it.each<[string, Partial<OverlayMtuFacts>, number]>([
    ["what IPv4 leaves of the underlay", {}, 1450],
    ["what IPv6 leaves of the underlay", { families: [6] }, 1430],
    ["what IPv6 leaves when either family may be used", { families: [4, 6] }, 1430],
    ["what the narrowest uplink leaves", { uplinks: uplinks(9000, 1600, 2000) }, 1550],
    ["what is named when it fits exactly", { named: 1450 }, 1450],
    ["what is named when it is less", { named: 1280 }, 1280],
    ["no more than the dataplane carries", { uplinks: uplinks(9216) }, 9000],
    ["what is named while no uplink is there", { named: 1500, uplinks: [] }, 1500],
    [
      "exactly the least there may be",
      { uplinks: uplinks(1330), least: { mtu: 1280, because: "" } },
      1280,
    ],
  ])("is %s", (_, more, expected) => {
    expect(mtu(more)).toEqual({ mtu: expected });
  });

  it.each<[string, Partial<OverlayMtuFacts>, string, string]>([
    [
      "over IPv4",
      { named: 1500 },
      "1500 + 50 bytes of VXLAN over IPv4 exceed the MTU 1500 of uplink eth1",
      "at most 1450, or raise the MTU of eth1",
    ],
    [
      "by one byte over IPv6",
      { named: 1431, families: [4, 6] },
      "1431 + 70 bytes of VXLAN over IPv6 exceed the MTU 1500 of uplink eth1",
      "at most 1430, or raise the MTU of eth1",
    ],
    [
      "on the narrowest of several uplinks",
      { named: 8950, uplinks: uplinks(9000, 8999) },
      "8950 + 50 bytes of VXLAN over IPv4 exceed the MTU 8999 of uplink eth2",
      "at most 8949, or raise the MTU of eth2",
    ],
  ])("is refused when it is named and does not fit %s", (_, more, reason, accepted) => {
    expect(mtu(more)).toEqual({ reason, accepted });
  });

  it("is refused when the underlay leaves less than IPv6 needs", () => {
    const least = { mtu: 1280, because: "the network has an IPv6 prefix (RFC 8200 5)" };
    expect(mtu({ uplinks: uplinks(1349), families: [6], least })).toEqual({
      reason:
        "1349 of uplink eth1 - 70 bytes of VXLAN over IPv6 = 1279, below the least MTU 1280" +
        " (the network has an IPv6 prefix (RFC 8200 5))",
      accepted: "an uplink with an MTU of at least 1350",
    });
  });

  it("is refused when nothing says what it could be", () => {
    expect(mtu({ uplinks: [] })).toMatchObject({
      reason: "missing, and no uplink of the underlay is there to work it out from",
    });
  });
});
