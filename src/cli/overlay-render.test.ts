import { describe, expect, it } from "vitest";
import { type FabricView, NO_OVERLAY, type VniView, type VtepView } from "../vxlan/view.ts";
import { renderFabric } from "./fabric.ts";
import { lines } from "./fixture.ts";
import { renderVnis } from "./vni.ts";
import { renderVteps } from "./vtep.ts";

const MAC = "02:00:00:00:00:07";

describe("the VTEPs", () => {
  const main: VtepView = {
    name: "main",
    address4: "192.0.2.1",
    address6: "2001:db8::1",
    udpPort: 4789,
    underlay: "under",
    peers: [
      { address: "192.0.2.2", node: "n2", pathMtu: 1500, path: "reduced" },
      { address: "192.0.2.9", node: "", pathMtu: 0, path: "unknown" },
    ],
  };

  it("are followed by their peers with the path MTU, where it is known", () => {
    const other = { ...main, name: "flannel", address6: "", udpPort: 8472, peers: [] };
    expect(lines(renderVteps([main, other]))).toEqual([
      "VTEP ADDRESS UDP PORT UNDERLAY PEERS",
      "main 192.0.2.1 4789 under 2",
      "2001:db8::1",
      "flannel 192.0.2.1 8472 under 0",
      "",
      "VTEP PEER NODE PATH MTU PATH",
      "main 192.0.2.2 n2 1500 reduced",
      "main 192.0.2.9 - - unknown",
    ]);
  });

  it("without peers are a table alone, and none is said in words", () => {
    expect(lines(renderVteps([{ ...main, peers: [] }]))).toHaveLength(3);
    expect(renderVteps([])).toBe('no VTEPs: name some under "vteps" in the configuration\n');
  });
});

describe("the VNIs", () => {
  const lan: VniView = {
    network: "lan",
    vni: 200,
    kind: "bridged",
    vtep: "main",
    mac: MAC,
    mtu: 1450,
    flood: ["192.0.2.2"],
    remoteEndpoints: 50_000,
    remotePrefixes: 0,
  };
  const blue: VniView = {
    ...lan,
    network: "blue",
    vni: 100,
    kind: "routed",
    flood: [],
    remoteEndpoints: 1,
    remotePrefixes: 12,
  };

  it("show prefixes of routed networks and the flood list of bridged ones", () => {
    expect(lines(renderVnis([blue, lan, { ...lan, flood: [] }]))).toEqual([
      "NETWORK VNI KIND VTEP MAC MTU REMOTE ENDPOINTS REMOTE PREFIXES FLOODS TO",
      `blue 100 routed main ${MAC} 1450 1 12 -`,
      `lan 200 bridged main ${MAC} 1450 50000 - 192.0.2.2`,
      `lan 200 bridged main ${MAC} 1450 50000 - nobody`,
    ]);
    expect(renderVnis([])).toBe("no network has a VNI\n");
  });

  it("do not fill the screen with a long flood list", () => {
    const flood = Array.from({ length: 999 }, (_, i) => `192.0.2.${i}`);
    expect(lines(renderVnis([{ ...lan, flood }])).slice(1)).toEqual([
      expect.stringMatching(/192\.0\.2\.0$/),
      "192.0.2.1",
      "192.0.2.2",
      "… 996 more",
    ]);
    expect(lines(renderVnis([{ ...lan, flood: flood.slice(0, 4) }]))).toHaveLength(5);
  });
});

describe("the fabric", () => {
  const fabric: FabricView = {
    node: "n1",
    driver: "etcd",
    connected: true,
    lastError: "",
    synchronisedAt: "2026-01-02T03:04:05.000Z",
    problem: "",
    nodes: [
      { name: "n2", addresses: ["192.0.2.2"], networks: ["blue", "lan"], source: "fabric" },
      { name: "n3", addresses: [], networks: [], source: "saved" },
    ],
    rejected: [],
    conflicts: [],
  };

  it("shows driver and nodes", () => {
    expect(lines(renderFabric(fabric))).toEqual([
      "driver etcd",
      "this node n1",
      "state connected",
      "synchronised 2026-01-02T03:04:05.000Z",
      "nodes 2",
      "",
      "NODE ADDRESS NETWORKS KNOWN FROM",
      "n2 192.0.2.2 blue, lan the fabric",
      "n3 - - the disk",
    ]);
  });

  it("says what is wrong with the store, the disk and the nodes", () => {
    const text = renderFabric({
      ...fabric,
      connected: false,
      synchronisedAt: null,
      lastError: "connect ECONNREFUSED",
      problem: "/var/lib/millrace/fabric.json cannot be kept: ENOSPC",
      nodes: [],
      rejected: [{ entry: "n3", reason: "none of its VTEPs has an address" }],
      conflicts: [
        { kind: "vtep", where: "main", entry: "192.0.2.2", winner: "n2", losers: ["n4", "n5"] },
        { kind: "mac", where: "lan", entry: MAC, winner: "pod default/web-0", losers: ["n2"] },
      ],
    });
    expect(lines(text)).toEqual([
      "driver etcd",
      "this node n1",
      "state not connected",
      "synchronised never",
      "nodes 0",
      "last error connect ECONNREFUSED",
      "problem /var/lib/millrace/fabric.json cannot be kept: ENOSPC",
      "",
      "rejected n3: none of its VTEPs has an address",
      "conflict VTEP address 192.0.2.2 (main): n2 has it, n4, n5 claim it too",
      `conflict mac ${MAC} (lan): pod default/web-0 has it, n2 claims it too`,
    ]);
  });

  it("that there is none of says so", () => {
    expect(renderFabric(NO_OVERLAY.fabric())).toBe(
      'no fabric: name its driver under "fabric" in the configuration\n',
    );
  });
});
