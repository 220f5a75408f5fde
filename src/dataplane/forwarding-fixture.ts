import { FakeTables } from "./forwarding-fake.ts";
import type { RouteWish, TableHost, TableNetwork, TablePort, ViaWish } from "./forwarding-model.ts";
import type { RouteInfo } from "./native.ts";

/** A route that is in the table from the start. */
export function routeInfo(prefix: string, more: Partial<RouteInfo> = {}): RouteInfo {
  const none = { nextHops: [], leakTo: 0, packets: null, bytes: null };
  return { prefix, type: "unicast", source: "kernel", ...none, ...more };
}

export const hop = (port: number, address = "") => ({
  port,
  address,
  weight: 1,
  mac: "",
  resolved: false,
});

export interface FakeHost extends TableHost {
  native: FakeTables;
  all: TablePort[];
  nets: TableNetwork[];
  moved: { port: number; queue: number; worker: number }[];
}

/**
 * Two routed networks and a bridged one. blue (0) has a pod 10.1.0.2 on port 0 and the uplinks up0
 * (1, connected to 10.0.12.0/24) and up1 (2); red (1) has a pod on port 3; lan (2) has a pod in
 * VLAN 10 on port 4 and a trunk of the VLANs 10 and 20 on port 5.
 */
export function fakeHost(): FakeHost {
  const native = new FakeTables();
  const connected = { type: "connected", source: "kernel" } as const;
  native.routes.set(0, [
    routeInfo("10.0.12.0/24", { ...connected, nextHops: [hop(1)] }),
    routeInfo("10.0.12.1/32", { type: "local", source: "local" }),
    routeInfo("10.1.0.1/32", { type: "local", source: "local" }),
    routeInfo("10.1.0.2/32", { source: "pod", nextHops: [hop(0)] }),
    routeInfo("172.16.0.0/12", { nextHops: [hop(1, "10.0.12.254")] }),
  ]);
  native.neighbours.set(0, [
    {
      port: 1,
      address: "10.0.12.254",
      mac: "02:aa:00:00:00:fe",
      resolved: true,
      source: "kernel",
      used: true,
    },
  ]);
  native.fdb.set(2, [
    { mac: "02:00:00:00:04:04", vlan: 10, port: 4, peer: "", source: "pod", age: 0 },
    { mac: "02:00:00:00:05:05", vlan: 20, port: 5, peer: "", source: "learned", age: 12 },
  ]);
  const all = fakePorts();
  const nets = fakeNetworks();
  const moved: FakeHost["moved"] = [];
  return {
    native,
    all,
    nets,
    moved,
    networks: () => nets,
    ports: () => all,
    workers: () => 2,
    async movePort({ port }, queue, worker) {
      moved.push({ port, queue, worker });
      const facts = { mode: "copy", txChecksum: "software", multiBuffer: true } as const;
      return { port, ifindex: 7, ...facts, queues: [{ queue, worker }], refused: [] };
    },
  };
}

function fakeNetworks(): TableNetwork[] {
  const none = { gateways: [], prefixes: [], mirrorTable: 0, leaks: [], overlay: null };
  return [
    {
      id: 0,
      name: "blue",
      kind: "routed",
      gateways: ["10.1.0.1", "fd00:1::1"],
      prefixes: ["10.1.0.0/24", "fd00:1::/64"],
      mirrorTable: 254,
      leaks: [],
      overlay: null,
    },
    { ...none, id: 1, name: "red", kind: "routed", prefixes: ["10.2.0.0/24"] },
    { ...none, id: 2, name: "lan", kind: "bridged" },
  ];
}

function fakePorts(): TablePort[] {
  const pod = (port: number, network: string, name: string, addresses: string[]): TablePort => ({
    port,
    ifname: `mr${port}`,
    network,
    role: "pod",
    attachment: `c${port}:eth0`,
    pod: `default/${name}`,
    addresses,
    vlan: null,
    queues: [{ queue: 0, worker: 0 }],
  });
  const uplink = (port: number, network: string, ifname: string): TablePort => ({
    ...pod(port, network, "", []),
    ifname,
    role: "uplink",
    attachment: "",
    pod: "",
  });
  return [
    pod(0, "blue", "web-0", ["10.1.0.2", "fd00:1::2"]),
    uplink(1, "blue", "up0"),
    uplink(2, "blue", "up1"),
    pod(3, "red", "db-0", ["10.2.0.2"]),
    { ...pod(4, "lan", "vm-0", ["192.168.1.4"]), vlan: { pvid: 10, tagged: [] } },
    { ...uplink(5, "lan", "up2"), vlan: { pvid: 0, tagged: [10, 20] } },
  ];
}

/** Gives a network of the fixture the VNI 100 on port 9, with the peers 192.0.2.2 and 2001:db8::2. */
export function addVni(host: FakeHost, network: string): void {
  const net = host.nets.find(({ name }) => name === network);
  if (net) net.overlay = { vni: 100, vtep: 1, vtepName: "vtep0", port: 9 };
  const nobody = { attachment: "", pod: "", addresses: [], vlan: null, queues: [] };
  host.all.push({ port: 9, ifname: "vxlan100", network, role: "vni", ...nobody });
  const peers = ["192.0.2.2", "2001:db8::2"].map((address) => ({ address, mtu: 1500 }));
  host.native.peers.set(1, peers);
}

export const via = (address: string, port = "", weight = 1): ViaWish => ({ address, port, weight });

/** A new route of blue by way of up0. */
export function routeWish(prefix: string, more: Partial<RouteWish> = {}): RouteWish {
  const rest = { type: "unicast", leakTo: "", count: false } as const;
  return { op: "add", prefix, ...rest, via: [via("10.0.12.2")], ...more };
}
