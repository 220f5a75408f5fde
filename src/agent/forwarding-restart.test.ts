import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  addVni,
  fakeHost,
  routeWish as route,
  routeInfo,
  via,
} from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { ALL, MAC, TableBench } from "./forwarding-fixture.ts";

let bench: TableBench;

beforeEach(() => {
  bench = new TableBench();
});

afterEach(() => bench.remove());

describe("a restart", () => {
  it("brings the entries back, also when ports have other numbers", async () => {
    const batch = [
      route("10.9.0.0/24"),
      route("10.10.0.0/24", { via: [via("", "default/web-0")] }),
    ];
    await bench.tables.changeRoutes("blue", batch);
    await bench.tables.changeNeighbours("blue", [
      { op: "add", port: "up0", address: "10.0.12.7", mac: MAC },
    ]);
    // Pods come back by the same interface, whatever their port was called.
    const [, behind] = EntryStore.open(bench.dir).network("blue").routes.values();
    expect(behind?.via).toMatchObject([{ address: "", port: "mr0" }]);
    const other = fakeHost();
    for (const port of other.all) if (port.ifname === "mr0") port.port = 77;
    bench.restart(other);
    expect(await bench.tables.restoreEntries()).toEqual([]);
    expect(bench.present()).toEqual(["10.9.0.0/24", "10.10.0.0/24"]);
    expect(bench.host.native.routes.get(0)?.at(-1)?.nextHops).toMatchObject([{ port: 77 }]);
    expect(bench.host.native.neighbours.get(0)).toMatchObject([{}, { address: "10.0.12.7" }]);
  });

  it("keeps what cannot be applied, says why, and applies it when it can", async () => {
    const batch = [route("10.9.0.0/24"), route("10.10.0.0/24", { via: [via("10.1.0.2")] })];
    await bench.tables.changeRoutes("blue", batch);
    const other = fakeHost();
    const [pod] = other.all.splice(0, 1);
    bench.restart(other);
    const [problem, ...more] = await bench.tables.restoreEntries();
    expect(problem).toMatch(
      /^network blue, 10\.10\.0\.0\/24: "10\.1\.0\.2": no pod of network blue/,
    );
    expect(more).toEqual([]);
    expect(bench.present()).toEqual(["10.9.0.0/24"]);
    expect(bench.stored()).toHaveLength(2);
    expect((await bench.tables.routes(ALL)).waiting).toMatchObject([{ entry: "10.10.0.0/24" }]);

    if (pod) other.all.unshift(pod);
    await bench.tables.retry();
    expect(bench.present()).toEqual(["10.9.0.0/24", "10.10.0.0/24"]);
    expect((await bench.tables.routes(ALL)).waiting).toEqual([]);
  });

  it("keeps the entries of a network that is not configured any more", async () => {
    await bench.tables.changeRoutes("red", [route("10.9.0.0/24", { type: "blackhole", via: [] })]);
    const other = fakeHost();
    other.nets.splice(1, 1);
    bench.restart(other);
    expect(await bench.tables.restoreEntries()).toEqual([
      'network red, 10.9.0.0/24: "red": no such network; known routed networks: blue',
    ]);
    expect(EntryStore.open(bench.dir).networks).toEqual(["red"]);
  });

  it("puts an entry before what the kernel has by now, not before a pod's", async () => {
    await bench.tables.changeRoutes("blue", [route("10.9.0.0/24"), route("10.10.0.0/24")]);
    const other = fakeHost();
    const pod = routeInfo("10.10.0.0/24", { source: "pod" });
    other.native.routes.get(0)?.push(routeInfo("10.9.0.0/24"), pod);
    bench.restart(other);
    const problems = await bench.tables.restoreEntries();
    expect(problems).toEqual([expect.stringContaining("for an attachment")]);
    expect(bench.present()).toEqual(["10.9.0.0/24"]);
    await bench.tables.changeRoutes("blue", [route("10.10.0.0/24", { op: "del" })]);
    expect(bench.stored()).toEqual(["10.9.0.0/24"]);
  });

  it("lets an entry that waits be deleted", async () => {
    await bench.tables.changeRoutes("blue", [route("10.10.0.0/24", { via: [via("10.1.0.2")] })]);
    const other = fakeHost();
    other.all.splice(0, 1);
    bench.restart(other);
    await bench.tables.restoreEntries();
    await bench.tables.changeRoutes("blue", [route("10.10.0.0/24", { op: "del" })]);
    expect(bench.stored()).toEqual([]);
    expect((await bench.tables.routes(ALL)).waiting).toEqual([]);
  });
});

describe("a port that goes", () => {
  it("takes its routes along until it comes back", async () => {
    await bench.tables.changeRoutes("blue", [route("10.9.0.0/24", { via: [via("10.1.0.2")] })]);
    await bench.tables.portLeaves(0);
    expect(bench.present()).toEqual([]);
    const [pod] = bench.host.all.splice(0, 1);
    await bench.tables.retry();
    expect((await bench.tables.routes(ALL)).waiting).toHaveLength(1);
    if (pod) bench.host.all.push({ ...pod, port: 9 });
    await bench.tables.retry();
    expect(bench.host.native.routes.get(0)?.at(-1)?.nextHops).toMatchObject([
      { port: 9, address: "" },
    ]);
  });

  it("leaves a route its other next hops", async () => {
    const both = [via("10.1.0.2"), via("10.0.12.2")];
    await bench.tables.changeRoutes("blue", [route("10.9.0.0/24", { via: both })]);
    await bench.tables.portLeaves(0);
    expect(bench.host.native.routes.get(0)?.at(-1)).toMatchObject({
      prefix: "10.9.0.0/24",
      nextHops: [{ port: 1, address: "10.0.12.2" }],
    });
    expect((await bench.tables.routes(ALL)).waiting).toEqual([
      { network: "blue", entry: "10.9.0.0/24", reason: "mr0 (default/web-0) is gone" },
    ]);
    await bench.tables.retry();
    expect(bench.host.native.routes.get(0)?.at(-1)?.nextHops).toHaveLength(2);
  });

  it("takes its neighbours and FDB entries along", async () => {
    await bench.tables.changeNeighbours("blue", [
      { op: "add", port: "up0", address: "10.0.12.7", mac: MAC },
    ]);
    await bench.tables.changeFdb("lan", [{ op: "add", mac: MAC, vlan: 20, port: "up2", peer: "" }]);
    await bench.tables.portLeaves(1);
    await bench.tables.portLeaves(5);
    expect(bench.host.native.neighbours.get(0)).toHaveLength(1);
    expect(bench.host.native.fdb.get(2)?.map(({ mac }) => mac)).not.toContain(MAC);
    const filter = { network: "lan", mac: "", vlan: null, port: "" };
    expect((await bench.tables.fdb(filter)).waiting).toMatchObject([{ entry: `${MAC} VLAN 20` }]);
    await bench.tables.retry();
    expect(bench.host.native.fdb.get(2)).toMatchObject([{}, {}, { mac: MAC, vlan: 20, port: 5 }]);
  });

  it("goes even when the addon refuses", async () => {
    await bench.tables.changeRoutes("blue", [route("10.9.0.0/24", { via: [via("10.1.0.2")] })]);
    bench.host.native.failure = new Error("no");
    await bench.tables.portLeaves(0);
    await bench.tables.portLeaves(99);
  });
});

describe("a peer that goes", () => {
  const filter = { network: "lan", mac: "", vlan: null, port: "" };
  const other = "02:00:00:00:00:98";

  beforeEach(async () => {
    addVni(bench.host, "lan");
    const place = { op: "add", vlan: null, port: "" } as const;
    await bench.tables.changeFdb("lan", [
      { ...place, mac: MAC, peer: "192.0.2.2" },
      { ...place, mac: other, peer: "2001:db8::2" },
    ]);
  });

  const there = () => bench.host.native.fdb.get(2)?.flatMap(({ mac, peer }) => (peer ? mac : []));
  /** Takes the first one away, in a moment. */
  const remove = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    bench.host.native.peers.set(1, bench.host.native.peers.get(1)?.slice(1) ?? []);
  };

  it("takes its FDB entries along, and brings them back when it returns", async () => {
    const [first, second] = bench.host.native.peers.get(1) ?? [];
    await bench.tables.peersLeave("vtep0", ["192.0.2.2"], remove);
    expect(there()).toEqual([other]);
    await bench.tables.retry();
    expect((await bench.tables.fdb(filter)).waiting).toMatchObject([{ entry: `${MAC} VLAN 0` }]);
    bench.host.native.peers.set(1, first && second ? [first, second] : []);
    await bench.tables.retry();
    expect(there()).toEqual([other, MAC]);
    expect((await bench.tables.fdb(filter)).waiting).toEqual([]);
  });

  it("takes nothing along from another VTEP", async () => {
    await bench.tables.peersLeave("vtep1", ["192.0.2.2"], async () => {});
    expect(there()).toEqual([MAC, other]);
  });

  it("does not get them back from a retry before it is gone", async () => {
    const leaves = bench.tables.peersLeave("vtep0", ["192.0.2.2"], remove);
    await Promise.all([leaves, bench.tables.retry()]);
    expect(there()).toEqual([other]);
    expect((await bench.tables.fdb(filter)).waiting).toHaveLength(1);
  });

  it("is looked for once, however often others come meanwhile", async () => {
    await bench.tables.peersLeave("vtep0", ["192.0.2.2"], remove);
    const listed = vi.spyOn(bench.host.native, "listFdb");
    const running = bench.tables.retry();
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([running, ...Array.from({ length: 100 }, () => bench.tables.retry())]);
    expect(listed.mock.calls.length).toBeLessThanOrEqual(2);
    await bench.tables.retry();
    expect((await bench.tables.fdb(filter)).waiting).toHaveLength(1);
  });
});
