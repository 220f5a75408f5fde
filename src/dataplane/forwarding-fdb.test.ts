import { beforeEach, describe, expect, it } from "vitest";
import { checkFdb } from "./forwarding-fdb.ts";
import { type FakeHost, fakeHost } from "./forwarding-fixture.ts";
import type { FdbWish } from "./forwarding-model.ts";

const MAC = "02:00:00:00:00:99";
const POD_MAC = "02:00:00:00:04:04";
const LEARNED = "02:00:00:00:05:05";

let host: FakeHost;
let ours: number[];

beforeEach(() => {
  host = fakeHost();
  ours = [];
});

const entry = (mac: string, more: Partial<FdbWish> = {}): FdbWish => {
  return { op: "add", mac, vlan: null, port: "mr4", peer: "", ...more };
};

const check = (wishes: FdbWish[], network = "lan") =>
  checkFdb(host, network, wishes, { vlansOf: () => ours });

async function changes(...wishes: FdbWish[]) {
  return (await check(wishes)).checked.map(({ change }) => change);
}

describe("an FDB entry", () => {
  it("is in the VLAN of the port's untagged frames unless it names one", async () => {
    expect(await changes(entry(MAC.toUpperCase()))).toEqual([
      { op: "add", mac: MAC, vlan: 10, port: 4, peer: "" },
    ]);
    expect(await changes(entry(MAC, { port: "up2", vlan: 20 }))).toMatchObject([
      { vlan: 20, port: 5 },
    ]);
  });

  it("takes the place of what was learned", async () => {
    const wish = entry(LEARNED, { port: "up2", vlan: 20 });
    expect(await changes(wish)).toMatchObject([{ op: "replace", port: 5 }]);
  });

  it("is deleted by its MAC when only one VLAN has it", async () => {
    ours = [20];
    host.native.fdb.set(2, [{ mac: MAC, vlan: 20, port: 5, peer: "", source: "static", age: 0 }]);
    expect(await changes(entry(MAC, { op: "del", port: "" }))).toEqual([
      { op: "del", mac: MAC, vlan: 20, port: 5, peer: "" },
    ]);
  });

  it("that waits is taken back without touching the table", async () => {
    ours = [10];
    expect(await changes(entry(MAC, { op: "del", port: "" }))).toEqual([null]);
  });
});

describe("an FDB entry that waits", () => {
  it("is taken back though an attachment has the address by now", async () => {
    ours = [10];
    expect(await changes(entry(POD_MAC, { op: "del", port: "" }))).toEqual([null]);
  });
});

describe("a batch of FDB entries is refused", () => {
  it.each<[string, FdbWish, string]>([
    ["for a multicast MAC", entry("01:00:5e:00:00:01"), "a multicast address; write the unicast"],
    ["for the broadcast MAC", entry("ff:ff:ff:ff:ff:ff"), "a multicast address"],
    ["for the zero MAC", entry("00:00:00:00:00:00"), "the zero address belongs to nobody"],
    ["for what is no MAC", entry("02:00"), 'changes[0].mac = "02:00": not a MAC address'],
    [
      "for a VLAN that the port does not carry",
      entry(MAC, { vlan: 20 }),
      "changes[0].vlan = 20: mr4 (default/vm-0) does not carry this VLAN; it carries 10",
    ],
    [
      "for no VLAN on a port that has no untagged frames",
      entry(MAC, { port: "up2" }),
      "changes[0].vlan: up2 has no untagged frames; it carries 10, 20",
    ],
    ["for a port of another network", entry(MAC, { port: "up0" }), "no such port; there is mr4"],
    [
      "for the address of an attachment",
      entry(POD_MAC, { op: "replace" }),
      "the address of an attachment; it goes with the pod",
    ],
    [
      "for deleting what was learned",
      entry(LEARNED, { op: "del", port: "" }),
      "a learned address; it is forgotten by itself",
    ],
    [
      "for deleting what is not there",
      entry(MAC, { op: "del", vlan: 10, port: "" }),
      "network lan has no entry for it in VLAN 10",
    ],
  ])("%s", async (_, wish, words) => {
    await expect(check([wish])).rejects.toThrow(words);
    expect(host.native.batches).toEqual([]);
  });

  it("for a routed network", async () => {
    await expect(check([entry(MAC)], "blue")).rejects.toThrow(
      'network = "blue": the network is routed, it has routes and neighbours but no FDB; known bridged networks: lan',
    );
  });

  it("for adding what there is already", async () => {
    ours = [10];
    await expect(check([entry(MAC)])).rejects.toThrow('in VLAN 10 already; use op "replace"');
  });

  it("for what the configuration has made", async () => {
    host.native.fdb.set(2, [{ mac: MAC, vlan: 10, port: 4, peer: "", source: "static", age: 0 }]);
    await expect(check([entry(MAC, { op: "del" })])).rejects.toThrow("change it there");
  });

  it("for a MAC that is named twice in a VLAN", async () => {
    await expect(check([entry(MAC), entry(MAC, { vlan: 10 })])).rejects.toThrow(
      "changes[0] changes it as well, in VLAN 10; name each MAC once per VLAN",
    );
  });

  it("for deleting a MAC without VLAN that several VLANs have", async () => {
    ours = [10, 20];
    await expect(check([entry(MAC, { op: "del", port: "" })])).rejects.toThrow(
      "VLANs 10, 20 have an entry for it; name the VLAN",
    );
  });
});
