import { afterEach, describe, expect, it, vi } from "vitest";
import { parseConfig } from "../config/load.ts";
import type { Network } from "../networks/network.ts";
import { resolveNetwork } from "../networks/network.ts";
import { EntryStore } from "../store/entries.ts";
import type { StoredAttachment } from "../store/records.ts";
import { type OverlayDataplane, overlayTables } from "./dataplane-tables.ts";
import { FakeOverlay } from "./fake-tables.ts";
import { cleanUp, macOf, newDir } from "./fixture.ts";
import { reservedIn } from "./reserved.ts";

afterEach(cleanUp);

function networks(): Map<string, Network> {
  const text = `
networks:
  - name: blue
    nodePrefixes: [10.255.0.0/16]
    staticRoutes: [{prefix: 10.20.0.0/16, via: 10.255.0.9}]
    leaks: [{prefix: 10.30.0.0/16, network: red}]
  - {name: red, nodePrefixes: [10.30.0.0/16]}
  - {name: lan, kind: bridged, nodePrefixes: [172.16.9.0/24]}
`;
  const config = parseConfig(text, "test.yaml", { cpus: [0] });
  return new Map(config.networks.map((one) => [one.name, resolveNetwork(one)]));
}

const NO_PODS = { stored: [], lost: new Set<string>() };

const network = (name: string) => networks().get(name) as Network;

describe("the tables of a dataplane", () => {
  const { vtep } = new FakeOverlay();
  const asked: unknown[] = [];
  const apply = async (id: number, changes: unknown) => void asked.push([id, changes]);
  const native = { applyFdb: apply, applyHosts: apply, applyNeighbours: apply, applyRoutes: apply };
  const dataplane: OverlayDataplane = {
    vteps: [{ ...vtep, id: 3 } as never],
    vnis: [
      {
        ...{ network: "blue", vni: 100, vtep: "main", mac: "02:FF:00:00:00:07", mtu: 1450 },
        ...{ port: 7, ifname: "vxlan100" },
      },
    ],
    native: { ...native, listFdb: async () => [] },
    network: (name) => (name === "blue" ? { id: 5 } : undefined),
    applyPeers: async () => {},
    listPeers: async () => [],
    setFlood: async () => {},
  };
  const none = vi.fn(() => reservedIn(network("red"), "", EntryStore.open(newDir()), NO_PODS));
  const tables = overlayTables(dataplane, networks(), none);

  it("are found by the names of networks", async () => {
    await tables.applyRoutes("blue", []);
    await tables.applyHosts("blue", []);
    expect(asked).toEqual([
      [5, []],
      [5, []],
    ]);
    await expect(tables.applyFdb("nowhere", [])).rejects.toThrow("network nowhere is not in");
  });

  it("come with what is known of VTEPs and VNIs", () => {
    expect(tables.vteps()).toEqual([vtep]);
    expect(tables.networks()).toEqual([
      {
        name: "blue",
        kind: "routed",
        vni: 100,
        vtep: "main",
        mac: "02:ff:00:00:00:07",
        mtu: 1450,
        port: 7,
        prefixes: ["10.255.0.0/16"],
      },
    ]);
    expect(tables.reserved("blue").routes.size).toBe(0);
    expect(none).toHaveBeenCalledWith(network("blue"), "vxlan100");
  });
});

describe("what is reserved", () => {
  it("are routes of the configuration, and all that the API has made", async () => {
    const entries = EntryStore.open(newDir());
    const prefix = "10.9.0.0/16";
    const route = { prefix, type: "blackhole" as const, via: [], leakTo: "", count: false };
    const neighbour = { port: "vxlan100", address: "192.0.2.9", mac: macOf(9) };
    await entries.change("blue", {
      routes: [[prefix, route]],
      neighbours: [["vxlan100 192.0.2.9", neighbour]],
    });
    const { routes, neighbours } = reservedIn(network("blue"), "vxlan100", entries, NO_PODS);
    expect([...routes]).toEqual([
      ["10.20.0.0/16", "the configuration of this node"],
      ["10.30.0.0/16", "the configuration of this node"],
      [prefix, "an entry made by the API"],
    ]);
    expect([...neighbours.keys()]).toEqual(["192.0.2.9"]);
  });

  it("are no neighbours behind another port, though they have the address of a VTEP", async () => {
    const entries = EntryStore.open(newDir());
    const neighbour = { port: "up0", address: "192.0.2.9", mac: macOf(9) };
    await entries.change("blue", { neighbours: [["up0 192.0.2.9", neighbour]] });
    expect(reservedIn(network("blue"), "vxlan100", entries, NO_PODS).neighbours.size).toBe(0);
  });

  it("are MAC and addresses of attached pods of a bridged network, but of no lost one", () => {
    const record = (more: object) => ({
      network: "lan",
      podMac: macOf(9).toUpperCase(),
      addresses: [{ address: "172.16.9.2/24", gateway: "" }],
      containerId: "c1",
      ifname: "eth0",
      pod: { namespace: "default", name: "web-0", uid: "" },
      ...more,
    });
    const stored = (state: string, more = {}) =>
      ({ state, steps: [], record: record(more) }) as unknown as StoredAttachment;
    const all = [
      stored("attached"),
      stored("attached", { network: "blue", podMac: macOf(1) }),
      stored("intent", { podMac: macOf(2), addresses: [] }),
      stored("attached", { podMac: macOf(3), addresses: [], pod: null }),
      stored("attached", { podMac: macOf(4), containerId: "c4" }),
    ];
    const pods = { stored: all, lost: new Set(["c4:eth0"]) };
    const reserved = (name: string) =>
      reservedIn(network(name), "", EntryStore.open(newDir()), pods);
    const { macs, addresses } = reserved("lan");
    expect([...macs]).toEqual([
      [macOf(9), "pod default/web-0 of this node"],
      [macOf(3), "pod c1 of this node"],
    ]);
    expect([...addresses]).toEqual([["172.16.9.2", "pod default/web-0 of this node"]]);
    expect(reserved("blue").macs.size).toBe(0);
  });
});
