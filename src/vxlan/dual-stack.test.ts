import { afterEach, describe, expect, it } from "vitest";
import type { FabricNode } from "../fabric/fabric.ts";
import { BACKEND_DATA, PUBLIC_IP, readFlannelNode } from "../fabric/flannel-annotations.ts";
import { accept, NOTHING } from "./accept.ts";
import { FakeOverlay } from "./fake-tables.ts";
import { bench, cleanUp, VNI } from "./fixture.ts";
import { Facts, type OwnVtep } from "./tables.ts";

afterEach(cleanUp);

const MAC = { 4: "02:00:00:00:00:04", 6: "02:00:00:00:00:06" } as const;

/** A node whose flannel has both families, which are two networks with a MAC each. */
function flannel(): FabricNode {
  const data = (mac: string) => JSON.stringify({ VNI: VNI.blue, VtepMAC: mac });
  const annotations = {
    "flannel.alpha.coreos.com/kube-subnet-manager": "true",
    "flannel.alpha.coreos.com/backend-type": "vxlan",
    [BACKEND_DATA[4]]: data(MAC[4]),
    [BACKEND_DATA[6]]: data(MAC[6]),
    [PUBLIC_IP[4]]: "192.0.2.1",
    [PUBLIC_IP[6]]: "2001:db8::1",
  };
  const podCidrs = ["10.1.0.0/24", "fd00:1::/64"];
  return readFlannelNode(
    "f1",
    { annotations, podCidrs },
    { vni: VNI.blue, udpPort: 4789 },
  ) as FabricNode;
}

const LEFT_6 =
  `VNI 100: told more than once: prefixes fd00:1::/64 at MAC "${MAC[6]}" are left out, as the node` +
  " is reached over IPv4";

describe("a network that a node tells once for each address family", () => {
  const { vtep, nets } = new FakeOverlay();
  const read = (own: Partial<OwnVtep>) => {
    const facts = new Facts([{ ...vtep, ...own }], nets);
    const { accepted, problems } = accept(flannel(), NOTHING, facts);
    const { mac, prefixes } = accepted.networks.get("blue") ?? {};
    return { address: accepted.addresses.get("main"), mac, prefixes, problems };
  };

  it("counts for the family that the node is reached over, and the other is named", () => {
    const over4 = { address: "192.0.2.1", mac: MAC[4], prefixes: ["10.1.0.0/24"] };
    expect(read({})).toEqual({ ...over4, problems: [LEFT_6] });
    expect(read({ address6: "" })).toMatchObject(over4);
  });

  it("counts for IPv6 where our VTEP has nothing else", () => {
    expect(read({ address4: "" })).toEqual({
      address: "2001:db8::1",
      mac: MAC[6],
      prefixes: ["fd00:1::/64"],
      problems: [expect.stringContaining("prefixes 10.1.0.0/24 at MAC")],
    });
  });
});

describe("a flannel node with both families", () => {
  it("has its IPv4 prefixes behind its IPv4 VTEP, and the MAC of that", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(flannel());
    expect(tables.entries("peers main")).toEqual({ "192.0.2.1": "" });
    expect(tables.entries("neighbours blue")).toEqual({ "192.0.2.1": MAC[4] });
    expect(tables.entries("routes blue")).toEqual({ "10.1.0.0/24": "192.0.2.1" });
    expect(overlay.view.fabric().rejected).toEqual([{ entry: "f1", reason: LEFT_6 }]);
  });

  it("changes over to IPv6 as a whole when our VTEP loses its IPv4 address", async () => {
    const { tables, tell, overlay } = await bench();
    await tell(flannel());
    tables.vtep = { ...tables.vtep, address4: "" };
    overlay.refresh();
    await overlay.idle();
    expect(tables.entries("neighbours blue")).toEqual({ "2001:db8::1": MAC[6] });
    expect(tables.entries("routes blue")).toEqual({ "fd00:1::/64": "2001:db8::1" });
  });
});
