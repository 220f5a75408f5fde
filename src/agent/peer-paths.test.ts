import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PeerChange } from "../dataplane/native.ts";
import type { OverlayTables } from "../vxlan/tables.ts";
import type { Parts } from "./parts.ts";
import { PeerPaths } from "./peer-paths.ts";

const ROUTER_MTU = 1400;

/** A path with a router in the middle that says how much it takes. */
const answer = async ({ bytes }: { bytes: number }) =>
  bytes <= ROUTER_MTU ? { outcome: "reached", mtu: 0 } : { outcome: "too-big", mtu: ROUTER_MTU };
const probePath = vi.fn(answer);

let applied: PeerChange[];
let paths: PeerPaths;
/** Devices of the node. */
let links: { name: string; mtu: number }[];
/** What the addon does with changes. */
let apply: (changes: PeerChange[]) => Promise<void>;

function tables(): OverlayTables {
  const vtep = { name: "main", underlay: "under", udpPort: 4789 };
  return {
    vteps: () => [{ ...vtep, address4: "192.0.2.1", address6: "" }],
    applyPeers: (_: string, changes: PeerChange[]) => apply(changes),
    listPeers: async () => [{ address: "192.0.2.2", mtu: 1500 }],
  } as unknown as OverlayTables;
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  probePath.mockImplementation(answer);
  applied = [];
  links = [{ name: "eth1", mtu: 1500 }];
  apply = async (changes) => void applied.push(...changes);
  const parts = {
    native: { probePath, listLinks: async () => links },
    dataplane: { vteps: [{ name: "main", underlay: "under" }] },
    networks: new Map([["under", { uplinks: [{ ifname: "eth1" }, { ifname: "eth2" }] }]]),
    log: pino({ level: "silent" }),
  } as unknown as Parts;
  paths = new PeerPaths(parts, tables());
  await paths.readUplinks();
});

afterEach(async () => {
  await paths.stop();
  vi.useRealTimers();
});

const add = { op: "add", address: "192.0.2.2", mtu: 0 } as const;
const del = { ...add, op: "del" } as const;

describe("the paths to peers", () => {
  it("are probed from our address, and what is found goes to the peer", async () => {
    await paths.tables.applyPeers("main", [add]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(probePath).toHaveBeenCalledWith(
      expect.objectContaining({ source: "192.0.2.1", destination: "192.0.2.2" }),
    );
    expect(applied.at(-1)).toEqual({ op: "replace", address: "192.0.2.2", mtu: ROUTER_MTU });
    expect(await paths.tables.listPeers("main")).toMatchObject([{ path: "reduced" }]);
  });

  it("outlive a peer that is written again, and go with one that is deleted", async () => {
    await paths.tables.applyPeers("main", [add]);
    await vi.advanceTimersByTimeAsync(5000);
    await paths.tables.applyPeers("main", [{ ...add, op: "replace" }]);
    expect(applied.at(-1)).toMatchObject({ mtu: ROUTER_MTU });
    await paths.tables.applyPeers("main", [del]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(paths.views()).toEqual([]);
  });

  it("are searched again when the uplink has another MTU, and kept while it is away", async () => {
    await paths.tables.applyPeers("main", [add]);
    await vi.advanceTimersByTimeAsync(5000);
    links = [{ name: "eth1", mtu: 1300 }];
    await paths.readUplinks();
    await vi.advanceTimersByTimeAsync(5000);
    expect(applied.at(-1)).toMatchObject({ op: "replace", mtu: 1300 });
    links = [];
    await paths.readUplinks();
    await vi.advanceTimersByTimeAsync(5000);
    expect(paths.views()).toMatchObject([{ state: "ok", mtu: 1300, linkMtu: 1300 }]);
  });
});

describe("a peer that leaves", () => {
  /** The search ends in the moment that the peer leaves, before the addon has taken it away. */
  async function leave(): Promise<void> {
    const found = Promise.withResolvers<void>();
    const removed = Promise.withResolvers<void>();
    await paths.tables.applyPeers("main", [add]);
    probePath.mockImplementation(async (probe) => {
      await found.promise;
      return await answer(probe);
    });
    // Between two readings of the peers, which are a second apart.
    await vi.advanceTimersByTimeAsync(2200);
    apply = async (changes) => {
      await removed.promise;
      applied.push(...changes);
    };
    const leaving = paths.tables.applyPeers("main", [del]);
    found.resolve();
    await vi.advanceTimersByTimeAsync(600);
    expect(paths.views()).toMatchObject([{ state: "reduced" }]);
    removed.resolve();
    await leaving;
    await vi.advanceTimersByTimeAsync(1000);
  }

  it("does not come back by what is found of its path", async () => {
    await leave();
    expect(applied.map(({ op }) => op)).toEqual(["add", "del"]);
  });

  it("and cannot be taken away is probed as before", async () => {
    await paths.tables.applyPeers("main", [add]);
    const refuse = apply;
    apply = () => Promise.reject(new Error("out of memory"));
    await expect(paths.tables.applyPeers("main", [del])).rejects.toThrow("out of memory");
    apply = refuse;
    await vi.advanceTimersByTimeAsync(5000);
    expect(applied.at(-1)).toMatchObject({ op: "replace", mtu: ROUTER_MTU });
  });
});

describe("changes of the peers of a VTEP", () => {
  it("are applied one after the other", async () => {
    let busy = 0;
    apply = async (changes) => {
      expect(++busy).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      busy--;
      applied.push(...changes);
    };
    const { applyPeers } = paths.tables;
    await Promise.all([add, del, add].map((change) => applyPeers("main", [change])));
    expect(applied.map(({ op }) => op)).toEqual(["add", "del", "add"]);
  });
});
