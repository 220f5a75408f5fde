import { beforeEach, describe, expect, it } from "vitest";
import { checkFdb } from "./forwarding-fdb.ts";
import { addVni, type FakeHost, fakeHost } from "./forwarding-fixture.ts";
import type { FdbWish } from "./forwarding-model.ts";

const MAC = "02:00:00:00:00:99";

let host: FakeHost;

beforeEach(() => {
  host = fakeHost();
});

const entry = (more: Partial<FdbWish>): FdbWish => {
  return { op: "add", mac: MAC, vlan: null, port: "", peer: "", ...more };
};

async function change(network: string, wish: FdbWish) {
  const { checked } = await checkFdb(host, network, [wish], { vlansOf: () => [] });
  return checked[0];
}

describe("an FDB entry for an address behind another VTEP", () => {
  it("needs no port, the network has only one that leads there", async () => {
    addVni(host, "lan");
    expect(await change("lan", entry({ peer: "2001:DB8::2" }))).toEqual({
      wish: { op: "add", mac: MAC, vlan: 0, port: "vxlan100", peer: "2001:db8::2" },
      change: { op: "add", mac: MAC, vlan: 0, port: 9, peer: "2001:db8::2" },
    });
  });

  it("may be in a routed network, for the MAC of its VTEP there", async () => {
    addVni(host, "blue");
    expect(await change("blue", entry({ peer: "192.0.2.2" }))).toMatchObject({
      change: { port: 9, peer: "192.0.2.2" },
    });
    await expect(change("blue", entry({ port: "mr0" }))).rejects.toThrow(
      'changes[0].port = "mr0": no such port; there is vxlan100',
    );
  });

  it("is deleted from where it leads", async () => {
    addVni(host, "lan");
    const there = {
      mac: MAC,
      vlan: 0,
      port: 9,
      peer: "192.0.2.2",
      source: "static",
      age: 0,
    } as const;
    host.native.fdb.set(2, [there]);
    const wish = entry({ op: "del" });
    const { checked } = await checkFdb(host, "lan", [wish], { vlansOf: () => [0] });
    expect(checked[0]?.change).toEqual({
      op: "del",
      mac: MAC,
      vlan: 0,
      port: 9,
      peer: "192.0.2.2",
    });
    await expect(change("lan", wish)).rejects.toThrow(
      "an entry of the fabric; it goes with its node",
    );
  });

  it.each([
    ["a stranger", { peer: "192.0.2.3" }, "no peer of VTEP vtep0; there is 192.0.2.2, 2001:db8::2"],
    ["no address", { peer: "node2" }, 'changes[0].peer = "node2": not an IPv4 or IPv6 address'],
    ["nobody", { port: "vxlan100" }, "changes[0].peer: vxlan100 leads to all peers; name the one"],
    [
      "somebody behind a port of this node",
      { peer: "192.0.2.2", port: "mr4" },
      "mr4 (default/vm-0) is a port of this node; name the port or the peer, not both",
    ],
  ])("is refused when it names %s", async (_, more, words) => {
    addVni(host, "lan");
    await expect(change("lan", entry(more))).rejects.toThrow(words);
  });

  it("is refused in a network without VNI, and without peers", async () => {
    await expect(change("lan", entry({ peer: "192.0.2.2" }))).rejects.toThrow(
      'changes[0].peer = "192.0.2.2": network lan has no VNI, nobody of it is elsewhere; name a port',
    );
    addVni(host, "lan");
    host.native.peers.clear();
    await expect(change("lan", entry({ peer: "192.0.2.2" }))).rejects.toThrow("it has none yet");
  });
});
