import { afterEach, describe, expect, it } from "vitest";
import { bench, bridged, cleanUp, macOf, node, routed, vtepOf } from "./fixture.ts";
import { NO_OVERLAY } from "./view.ts";

afterEach(cleanUp);

describe("the view", () => {
  it("of VTEPs names the node behind each peer", async () => {
    const { tell, tables, overlay } = await bench();
    await tell(node(1));
    tables.table("peers main").set("203.0.113.9", "by hand");
    expect(await overlay.view.vteps()).toEqual([
      {
        name: "main",
        address4: "198.51.100.1",
        address6: "2001:db8:ffff::1",
        udpPort: 4789,
        underlay: "under",
        peers: [
          { address: vtepOf(1), node: "n1", pathMtu: 1500, path: "unknown" },
          { address: "203.0.113.9", node: "", pathMtu: 1500, path: "unknown" },
        ],
      },
    ]);
  });

  it("of VNIs counts what is on other nodes", async () => {
    const { tell, overlay } = await bench();
    const stations = { endpoints: [1, 2, 3].map((i) => ({ mac: macOf(1, i), addresses: [] })) };
    const single = { endpoints: [{ mac: "", addresses: ["10.77.0.1"] }] };
    await tell(node(1, { networks: [routed(1, single), bridged(1, stations)] }));
    const [blue, lan] = overlay.view.vnis();
    expect(blue).toEqual({
      network: "blue",
      vni: 100,
      kind: "routed",
      vtep: "main",
      mac: "02:ff:00:00:00:07",
      mtu: 1450,
      flood: [],
      remoteEndpoints: 1,
      remotePrefixes: 1,
    });
    expect(lan).toMatchObject({ flood: [vtepOf(1)], remoteEndpoints: 3, remotePrefixes: 0 });
  });

  it("of the fabric has the driver, the nodes and what it rejects", async () => {
    const { tell, driver, overlay } = await bench();
    driver.connected = false;
    driver.synchronisedAt = Date.UTC(2026, 0, 2, 3, 4, 5);
    driver.rejected = [{ key: "/millrace/v1/nodes/x", reason: "no JSON" }];
    await tell(node(1), node(2, { vteps: [] }));
    expect(overlay.view.fabric()).toEqual({
      node: "me",
      driver: "fake",
      connected: false,
      lastError: "no route to the store",
      synchronisedAt: "2026-01-02T03:04:05.000Z",
      problem: "",
      nodes: [
        { name: "n1", addresses: [vtepOf(1)], networks: ["blue", "lan"], source: "fabric" },
        { name: "n2", addresses: [], networks: [], source: "fabric" },
      ],
      rejected: [
        { entry: "/millrace/v1/nodes/x", reason: "no JSON" },
        { entry: "n2", reason: "none of its VTEPs has an address" },
      ],
      conflicts: [],
    });
    expect(overlay.view.counts()).toEqual({
      connected: false,
      nodes: 2,
      synchronisedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      rejected: 2,
      conflicts: 0,
      peers: { main: 1 },
    });
  });

  it("of an agent without VTEPs is empty", async () => {
    expect(await NO_OVERLAY.vteps()).toEqual([]);
    expect(NO_OVERLAY.vnis()).toEqual([]);
    expect(NO_OVERLAY.fabric()).toMatchObject({ driver: "none", nodes: [] });
  });
});
