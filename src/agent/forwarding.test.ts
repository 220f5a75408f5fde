import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { routeWish as route } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { ALL, MAC, TableBench } from "./forwarding-fixture.ts";
import type { RouteFilter, TraceWish } from "./forwarding-view.ts";

let bench: TableBench;

beforeEach(() => {
  bench = new TableBench();
});

afterEach(() => bench.remove());

describe("a change", () => {
  it("is one batch for the addon, and on the disk before", async () => {
    const applied = bench.host.native.applyRoutes.bind(bench.host.native);
    let before: string[] = [];
    bench.host.native.applyRoutes = (network, changes) => {
      before = bench.stored();
      return applied(network, changes);
    };
    const batch = [route("10.9.0.0/24"), route("10.10.0.0/24")];
    expect(await bench.tables.changeRoutes("blue", batch)).toEqual({ applied: 2 });
    expect(before).toEqual(["10.9.0.0/24", "10.10.0.0/24"]);
    expect(bench.host.native.batches).toMatchObject([{ network: 0, changes: [{}, {}] }]);
  });

  it("leaves nothing, on the disk either, when one of a batch is refused", async () => {
    const batch = [route("10.9.0.0/24"), route("10.10.0.1/24")];
    await expect(bench.tables.changeRoutes("blue", batch)).rejects.toThrow("changes[1].prefix");
    expect(bench.stored()).toEqual([]);
    expect(bench.host.native.batches).toEqual([]);
  });

  it("is taken back from the disk when the addon refuses it", async () => {
    bench.host.native.failure = new Error("no adjacency is left");
    await expect(bench.tables.changeRoutes("blue", [route("10.9.0.0/24")])).rejects.toThrow(
      'network = "blue": the dataplane refused: no adjacency is left; nothing was changed',
    );
    expect(bench.stored()).toEqual([]);
    await bench.tables.changeRoutes("blue", [route("10.9.0.0/24")]);
  });

  it("is checked against what a change before it has made", async () => {
    const both = [0, 1].map(() => bench.tables.changeRoutes("blue", [route("10.9.0.0/24")]));
    const results = await Promise.allSettled(both);
    expect(results).toMatchObject([
      { status: "fulfilled" },
      { reason: expect.objectContaining({ message: expect.stringContaining("for it already") }) },
    ]);
  });

  it("may take entries out again", async () => {
    await bench.tables.changeRoutes("blue", [route("10.9.0.0/24")]);
    await bench.tables.changeRoutes("blue", [route("10.9.0.0/24", { op: "del" })]);
    expect([bench.stored(), bench.present()]).toEqual([[], []]);
  });

  it("of neighbours and of the FDB is kept as well", async () => {
    const neighbour = { port: "up0", address: "10.0.12.7", mac: MAC };
    await bench.tables.changeNeighbours("blue", [{ op: "add", ...neighbour }]);
    const entry = { op: "add", mac: MAC, vlan: null, port: "default/vm-0", peer: "" } as const;
    await bench.tables.changeFdb("lan", [entry]);
    const store = EntryStore.open(bench.dir);
    expect([...store.network("blue").neighbours.values()]).toEqual([neighbour]);
    expect([...store.network("lan").fdb.values()]).toEqual([
      { mac: MAC, vlan: 10, port: "mr4", peer: "" },
    ]);
  });
});

describe("what is shown", () => {
  it("names ports, and the network of a leak", async () => {
    const leak = route("10.2.0.0/24", { type: "leak", via: [], leakTo: "red", count: true });
    await bench.tables.changeRoutes("blue", [leak]);
    const { routes, total } = await bench.tables.routes(ALL);
    expect(total).toBe(6);
    expect(routes.find(({ type }) => type === "leak")).toMatchObject({ leakTo: "red", packets: 0 });
    const pod = routes.find(({ source }) => source === "pod");
    expect(pod?.nextHops).toMatchObject([{ port: 0, ifname: "mr0", pod: "default/web-0" }]);
  });

  it("passes filters, and counts what the limit cuts off", async () => {
    const list = (more: Partial<RouteFilter>) => bench.tables.routes({ ...ALL, ...more });
    expect((await list({ limit: 2 })).routes).toHaveLength(2);
    expect((await list({ limit: 2 })).total).toBe(5);
    expect((await list({ network: "red" })).total).toBe(0);
    expect((await list({ match: "10.0.12.9" })).routes[0]?.prefix).toBe("10.0.12.0/24");
    expect((await list({ within: "10.1.0.0/16" })).total).toBe(2);
    expect((await list({ source: "kernel" })).total).toBe(2);
    await expect(list({ within: "10.1.0.1/16" })).rejects.toThrow("within = ");
    await expect(list({ within: "10.1.0.0/16", match: "10.1.0.1" })).rejects.toThrow("name one");
  });

  it("of neighbours and FDB can be had for one port, MAC or VLAN", async () => {
    const neighbours = { network: "", port: "up1", unresolved: false };
    expect((await bench.tables.neighbours(neighbours)).neighbours).toEqual([]);
    expect(
      (await bench.tables.neighbours({ ...neighbours, port: "up0" })).neighbours,
    ).toMatchObject([{ network: "blue", ifname: "up0", address: "10.0.12.254" }]);
    const unresolved = { ...neighbours, port: "", unresolved: true };
    expect((await bench.tables.neighbours(unresolved)).neighbours).toEqual([]);
    const fdb = async (more: object) =>
      (await bench.tables.fdb({ network: "", mac: "", vlan: null, port: "", ...more })).entries
        .length;
    expect([await fdb({}), await fdb({ vlan: 20 }), await fdb({ port: "mr4" })]).toEqual([2, 1, 1]);
    expect(await fdb({ mac: "02-00-00-00-05-05" })).toBe(1);
    await expect(fdb({ network: "blue" })).rejects.toThrow("the network is routed");
  });

  it("of the mirror names the networks that follow a table", () => {
    expect(bench.tables.mirror()).toMatchObject({
      overruns: 1,
      tables: [{ network: "blue", table: 254 }],
    });
  });
});

describe("moving a queue", () => {
  it("is done by any name of the port", async () => {
    const moved = await bench.tables.movePort({ port: "default/web-0", queue: 0, worker: 1 });
    expect(moved).toMatchObject({ ifname: "mr0", queues: [{ queue: 0, worker: 1 }] });
    expect(bench.host.moved).toEqual([{ port: 0, queue: 0, worker: 1 }]);
  });

  it("is refused for a queue or worker that is not there", async () => {
    const move = (queue: number, worker: number) =>
      bench.tables.movePort({ port: "mr0", queue, worker });
    await expect(move(1, 0)).rejects.toThrow("queue = 1: the port has no such queue; it has 0");
    await expect(move(0, 2)).rejects.toThrow("worker = 2: no such worker; there is 0 to 1");
    expect(bench.host.moved).toEqual([]);
  });
});

describe("a trace", () => {
  const wish = (more: Partial<TraceWish> = {}): TraceWish => ({
    from: "default/web-0",
    source: "",
    to: "10.9.0.7",
    protocol: "udp",
    sourcePort: 40000,
    destinationPort: 9,
    length: 100,
    ttl: 64,
    mac: "",
    vlan: null,
    ...more,
  });

  it("starts at the pod with its own address and names the ports", async () => {
    bench.host.native.answer.ports = [1];
    const view = await bench.tables.trace(wish());
    expect(bench.host.native.traced).toMatchObject([
      { port: 0, source: "10.1.0.2", destination: "10.9.0.7", destinationMac: "", vlan: 0 },
    ]);
    expect(view).toMatchObject({ network: "blue", ports: [{ ifname: "up0" }], verdict: "sent" });
    expect(view.names["0"]).toBe("mr0 (default/web-0)");
    await bench.tables.trace(wish({ to: "FD00:9::7" }));
    expect(bench.host.native.traced[1]).toMatchObject({
      source: "fd00:1::2",
      destination: "fd00:9::7",
    });
  });

  it.each<[string, Partial<TraceWish>, string]>([
    ["an unknown pod", { from: "web-9" }, 'from = "web-9": no such port; there is mr0'],
    ["a pod that is not the only one", { from: "eth0" }, "3 ports are called so; name one of"],
    ["no destination", { to: "web" }, "not an IPv4 or IPv6 address"],
    ["a pod without such an address", { from: "db-0", to: "fd00::1" }, "has no IPv6 address"],
    ["an uplink without source", { from: "up0" }, "name an IPv4 address as source"],
    ["a source of the other family", { source: "fd00::1" }, "the other family"],
    ["a packet shorter than its headers", { length: 27 }, "length = 27: shorter than the headers"],
    ["a tag in a routed network", { vlan: 7 }, "its frames have no tag; leave it out"],
    ["a multicast MAC", { mac: "01:00:5e:00:00:01" }, "mac = "],
  ])("is refused for %s", async (_, more, words) => {
    await expect(bench.tables.trace(wish(more))).rejects.toThrow(words);
    expect(bench.host.native.traced).toEqual([]);
  });
});
