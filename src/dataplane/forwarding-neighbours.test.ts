import { beforeEach, describe, expect, it } from "vitest";
import { type FakeHost, fakeHost } from "./forwarding-fixture.ts";
import type { NeighbourWish } from "./forwarding-model.ts";
import { checkNeighbours } from "./forwarding-neighbours.ts";

const MAC = "02:00:00:00:00:99";

let host: FakeHost;
let ours: Set<string>;

beforeEach(() => {
  host = fakeHost();
  ours = new Set();
});

const neighbour = (address: string, more: Partial<NeighbourWish> = {}): NeighbourWish => {
  return { op: "add", port: "up0", address, mac: MAC, ...more };
};

const check = (wishes: NeighbourWish[], network = "blue") =>
  checkNeighbours(host, network, wishes, {
    has: (_, port, address) => ours.has(`${port} ${address}`),
  });

async function changes(...wishes: NeighbourWish[]) {
  return (await check(wishes)).checked.map(({ change }) => change);
}

describe("a neighbour", () => {
  it("is on a connected prefix of its uplink, or link-local", async () => {
    expect(await changes(neighbour("10.0.12.7"), neighbour("FE80::7", { port: "1" }))).toEqual([
      { op: "add", port: 1, address: "10.0.12.7", mac: MAC },
      { op: "add", port: 1, address: "fe80::7", mac: MAC },
    ]);
  });

  it("may replace what the kernel has resolved", async () => {
    const wish = neighbour("10.0.12.254", { op: "replace" });
    expect(await changes(wish)).toMatchObject([{ op: "replace", mac: MAC }]);
  });

  it("that waits is taken back without touching the kernel's", async () => {
    ours.add("up0 10.0.12.254");
    expect(await changes(neighbour("10.0.12.254", { op: "del" }))).toEqual([null]);
  });

  it("of a port that is gone is taken back without touching the table", async () => {
    ours.add("up9 10.0.12.7");
    const wish = neighbour("10.0.12.7", { op: "del", port: "up9", mac: "" });
    expect(await changes(wish)).toEqual([null]);
  });
});

describe("a batch of neighbours is refused", () => {
  it.each<[string, NeighbourWish, string]>([
    ["for a port that is not there", neighbour("10.0.12.7", { port: "up9" }), "no such port"],
    [
      "for an address on no connected prefix of the port",
      neighbour("10.0.12.7", { port: "up1" }),
      'changes[0].address = "10.0.12.7": not on a connected prefix of up1',
    ],
    [
      "for an address behind a router",
      neighbour("172.16.0.1"),
      '"millrace routes show --network blue --match 172.16.0.1" says what leads there',
    ],
    [
      "for a pod's port",
      neighbour("10.1.0.2", { port: "mr0" }),
      "the only neighbour behind it is its pod, which belongs to the attachment; name an uplink",
    ],
    ["for the gateway's address", neighbour("10.1.0.1"), "the gateway's own address"],
    ["for the node's own address", neighbour("10.0.12.1"), "an address of this node itself"],
    ["for a multicast MAC", neighbour("10.0.12.7", { mac: "33:33:00:00:00:01" }), "a multicast"],
    ["for no MAC", neighbour("10.0.12.7", { mac: "" }), "not a MAC address"],
    ["for no address", neighbour("router"), "not an IPv4 or IPv6 address"],
    [
      "for adding what the kernel has resolved",
      neighbour("10.0.12.254"),
      'the entry belongs to the kernel\'s neighbour table, which is mirrored; use op "replace"',
    ],
    [
      "for deleting what the kernel has resolved",
      neighbour("10.0.12.254", { op: "del" }),
      "which is mirrored; change it there",
    ],
    [
      "for deleting what is not there",
      neighbour("10.0.12.7", { op: "del" }),
      "up0 has no such static neighbour",
    ],
  ])("%s", async (_, wish, words) => {
    await expect(check([wish])).rejects.toThrow(words);
    expect(host.native.batches).toEqual([]);
  });

  it("for a bridged network", async () => {
    await expect(check([neighbour("10.0.12.7")], "lan")).rejects.toThrow("the network is bridged");
  });

  it("for adding what there is already", async () => {
    ours.add("up0 10.0.12.7");
    await expect(check([neighbour("10.0.12.7")])).rejects.toThrow("up0 has this neighbour already");
  });

  it("for an address that is named twice", async () => {
    const batch = [neighbour("10.0.12.7"), neighbour("10.0.12.7", { port: "1" })];
    await expect(check(batch)).rejects.toThrow("changes[0] changes it as well");
  });
});
