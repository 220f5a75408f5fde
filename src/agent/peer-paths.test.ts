import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PeerChange } from "../dataplane/native.ts";
import type { OverlayTables } from "../vxlan/tables.ts";
import type { Parts } from "./parts.ts";
import { PeerPaths } from "./peer-paths.ts";

const ROUTER_MTU = 1400;

/** A path with a router in the middle that says how much it takes. */
const probePath = vi.fn(async ({ bytes }: { bytes: number }) =>
  bytes <= ROUTER_MTU ? { outcome: "reached", mtu: 0 } : { outcome: "too-big", mtu: ROUTER_MTU },
);

let applied: PeerChange[];
let paths: PeerPaths;

function tables(): OverlayTables {
  const vtep = { name: "main", underlay: "under", udpPort: 4789 };
  return {
    vteps: () => [{ ...vtep, address4: "192.0.2.1", address6: "" }],
    applyPeers: async (_: string, changes: PeerChange[]) => void applied.push(...changes),
    listPeers: async () => [{ address: "192.0.2.2", mtu: 1500 }],
  } as unknown as OverlayTables;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  applied = [];
  const parts = { native: { probePath }, log: pino({ level: "silent" }) } as unknown as Parts;
  paths = new PeerPaths(parts, tables(), new Map([["main", 1500]]));
});

afterEach(async () => {
  await paths.stop();
  vi.useRealTimers();
});

const add = { op: "add", address: "192.0.2.2", mtu: 0 } as const;

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
    await paths.tables.applyPeers("main", [{ ...add, op: "del" }]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(paths.views()).toEqual([]);
  });
});
