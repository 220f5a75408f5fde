import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { Forwarding } from "../agent/forwarding.ts";
import { addVni, type FakeHost, fakeHost } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { type AgentClient, createClient } from "./client.ts";
import { json } from "./http.ts";
import { type ApiServer, openApi } from "./server.ts";

const log = pino({ level: "silent" });
const ROUTE = { op: "add", prefix: "10.9.0.0/24", via: [{ address: "10.0.12.2" }] };
const MAC = "02:00:00:00:00:99";

let dir: string;
let host: FakeHost;
let api: ApiServer;
let client: AgentClient;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "mr-tables-"));
  host = fakeHost();
  const socket = join(dir, "agent.sock");
  api = await openApi({ socket, log });
  const view = fakeView();
  const forwarding = new Forwarding(host, EntryStore.open(dir), log);
  api.serve({ view, forwarding, metrics: createMetrics(view), cni: async () => json({}) });
  client = createClient(socket);
});

afterEach(async () => {
  await api.close();
  rmSync(dir, { recursive: true, force: true });
});

describe("/v1/routes", () => {
  it("takes changes and shows what they have made", async () => {
    expect(await client.change("routes", "blue", [ROUTE])).toEqual({ applied: 1 });
    const { routes, total } = await client.routes({ network: "blue", within: "10.9.0.0/16" });
    expect(total).toBe(1);
    expect(routes[0]).toMatchObject({
      prefix: "10.9.0.0/24",
      source: "static",
      nextHops: [{ port: 1, ifname: "up0", address: "10.0.12.2", weight: 1 }],
    });
  });

  it("passes every filter on", async () => {
    expect((await client.routes({ family: 6 })).total).toBe(0);
    expect((await client.routes({ source: "pod" })).total).toBe(1);
    expect((await client.routes({ match: "10.0.12.9" })).total).toBe(1);
    expect((await client.routes({ limit: 1 })).routes).toHaveLength(1);
  });

  it("takes a batch that is larger than any CNI call", { timeout: 60_000 }, async () => {
    const changes = Array.from({ length: 12_000 }, (_, i) => ({
      op: "add",
      prefix: `10.${64 + (i >> 8)}.${i & 255}.0/24`,
      type: "blackhole",
      via: [],
      leakTo: "",
      count: false,
    }));
    expect(JSON.stringify(changes).length).toBeGreaterThan(1024 * 1024);
    // The table in memory is slow; what matters here is that the body arrives.
    host.native.listRoutes = async () => ({ routes: [], total: 0 });
    host.native.applyRoutes = async () => {};
    expect(await client.change("routes", "blue", changes)).toEqual({ applied: 12_000 });
  });

  it.each<[string, unknown[], string]>([
    ["no change", [], "changes = []: accepted: at least one change"],
    ["no object", [7], "changes[0] = 7: accepted: {op, prefix, type, via, leakTo, count}"],
    ["no op", [{ prefix: "10.9.0.0/24" }], "changes[0].op is missing; accepted: one of add, rep"],
    [
      "another op",
      [{ ...ROUTE, op: "append" }],
      'changes[0].op = "append": accepted: one of add, replace, del',
    ],
    [
      "another type",
      [{ ...ROUTE, type: "local" }],
      'changes[0].type = "local": accepted: one of unicast, blackhole, unreachable, prohibit, leak',
    ],
    [
      "an unknown key",
      [{ ...ROUTE, metric: 5 }],
      "changes[0].metric = 5: unknown key; accepted: the keys op, prefix, type, via, leakTo, count",
    ],
    [
      "a weight of nothing",
      [{ ...ROUTE, via: [{ address: "10.0.12.2", weight: 0 }] }],
      "changes[0].via[0].weight = 0: accepted: an integer from 1 to 256 (share of the packets)",
    ],
    [
      "more next hops than a group has room for",
      [{ ...ROUTE, via: Array.from({ length: 65 }, () => ({ address: "10.0.12.2" })) }],
      "accepted: at most 64 next hops",
    ],
    ["what the tables refuse", [{ ...ROUTE, prefix: "10.9.0.1/24" }], "write 10.9.0.0/24"],
  ])("refuses %s in words", async (_, changes, words) => {
    const refused = client.change("routes", "blue", changes);
    await expect(refused).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(words),
    });
    expect(host.native.batches).toEqual([]);
  });

  it("refuses a query that makes no sense in words", async () => {
    const refusal = (query: Record<string, string>) => expect(client.routes(query)).rejects;
    await refusal({ family: "5" }).toThrow('family = "5": accepted: one of 4, 6');
    await refusal({ limit: "0" }).toThrow('limit = "0": accepted: an integer from 1 to 1000000');
    await refusal({ limit: "-1" }).toThrow("accepted: an integer");
    await refusal({ metric: "5" }).toThrow('metric = "5": unknown key; accepted: the keys network');
    await refusal({ network: "lan" }).toThrow("the network is bridged");
    await refusal({ source: "learned" }).toThrow("accepted: one of pod, static");
  });
});

describe("/v1/neighbours", () => {
  it("takes changes and shows what they have made", async () => {
    const change = { op: "add", port: "up0", address: "10.0.12.7", mac: MAC };
    await client.change("neighbours", "blue", [change]);
    const { neighbours } = await client.neighbours({ port: "up0" });
    expect(neighbours).toMatchObject([{ source: "kernel" }, { source: "static", mac: MAC }]);
    expect((await client.neighbours({ unresolved: true })).neighbours).toEqual([]);
  });

  it("refuses a change without port", async () => {
    const change = { op: "add", address: "10.0.12.7", mac: MAC };
    await expect(client.change("neighbours", "blue", [change])).rejects.toThrow(
      "changes[0].port is missing; accepted: a port by number, interface",
    );
  });
});

describe("/v1/fdb", () => {
  it("takes changes and shows what they have made; a port may be a number", async () => {
    await client.change("fdb", "lan", [{ op: "add", mac: MAC, port: 5, vlan: 20 }]);
    expect((await client.fdb({ mac: MAC })).entries).toMatchObject([
      { ifname: "up2", vlan: 20, source: "static" },
    ]);
    expect((await client.fdb({ vlan: 10 })).entries).toHaveLength(1);
  });

  it("takes addresses behind the VTEP of another node", async () => {
    addVni(host, "lan");
    await client.change("fdb", "lan", [{ op: "add", mac: MAC, peer: "192.0.2.2" }]);
    expect((await client.fdb({ mac: MAC })).entries).toMatchObject([
      { ifname: "vxlan100", vlan: 0, peer: "192.0.2.2", source: "static" },
    ]);
    const change = { op: "add", mac: MAC, peer: 5 };
    await expect(client.change("fdb", "lan", [change])).rejects.toThrow("changes[0].peer = 5");
  });

  it("refuses a VLAN that cannot be", async () => {
    const change = { op: "add", mac: MAC, port: 5, vlan: 4095 };
    await expect(client.change("fdb", "lan", [change])).rejects.toThrow(
      "changes[0].vlan = 4095: accepted: an integer from 0 to 4094 (VLAN)",
    );
  });
});

describe("/v1/ports/move", () => {
  it("moves a queue", async () => {
    const moved = await client.movePort({ port: "mr0", queue: 0, worker: 1 });
    expect(moved).toMatchObject({ port: 0, queues: [{ queue: 0, worker: 1 }] });
  });

  it("takes the port by its number and by its interface, not by both", async () => {
    const post = (body: object) => client.movePort(body as never);
    await post({ port: 0, queue: 0, worker: 1 });
    await post({ interface: "mr0", queue: 0, worker: 1 });
    await expect(post({ queue: 0, worker: 1 })).rejects.toThrow(
      "port is missing; accepted: either",
    );
    await expect(post({ port: 0, interface: "mr0", queue: 0, worker: 1 })).rejects.toThrow(
      "port and interface are both given",
    );
    await expect(post({ port: 0, worker: 1 })).rejects.toThrow(
      "queue is missing; accepted: an integer from 0 to 4095 (queue of the port)",
    );
  });
});

describe("/v1/mirror and /v1/trace", () => {
  it("show the mirror", async () => {
    expect(await client.mirror()).toMatchObject({ routes: 5, tables: [{ network: "blue" }] });
  });

  it("fill in the packet of a trace", async () => {
    await client.trace({ from: "web-0", to: "10.9.0.7" });
    expect(host.native.traced).toMatchObject([
      { protocol: "udp", sourcePort: 40000, destinationPort: 9, length: 100, ttl: 64, vlan: 0 },
    ]);
  });

  it("refuse a packet that cannot be in words", async () => {
    const refusal = (more: object) =>
      expect(client.trace({ from: "web-0", to: "10.9.0.7", ...more })).rejects;
    await refusal({ ttl: 0 }).toThrow("ttl = 0: accepted: an integer from 1 to 255 (hops)");
    await refusal({ protocol: "sctp" }).toThrow('"sctp": accepted: one of udp, tcp, icmp');
    await refusal({ dport: 5 }).toThrow("dport = 5: unknown key; accepted: the keys from");
  });
});
