import { describe, expect, it } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import type {
  FdbView,
  MirrorView,
  NeighbourView,
  NextHopView,
  RouteView,
} from "../agent/forwarding-view.ts";
import { renderFdb } from "./fdb.ts";
import { lines } from "./fixture.ts";
import { renderMirror } from "./mirror.ts";
import { renderNeighbours } from "./neighbours.ts";
import { renderNetworks } from "./networks.ts";
import { NextHopOptions } from "./next-hops.ts";
import { queuesText } from "./ports.ts";
import { renderRoutes, routeChange } from "./routes.ts";

const UP0 = { port: 1, ifname: "up0", attachment: "", pod: "" };
const POD = { port: 3, ifname: "mr3", attachment: "c1:eth0", pod: "default/web-0" };
const MAC = "02:00:00:00:00:99";
const WAITING = [{ network: "blue", entry: "10.8.0.0/24", reason: "no pod has it" }];

const hop = (more: Partial<NextHopView>): NextHopView => {
  return { ...UP0, address: "", weight: 1, mac: "", resolved: false, ...more };
};

const route = (prefix: string, more: Partial<RouteView> = {}): RouteView => {
  const none = { leakTo: null, packets: null, bytes: null };
  return {
    network: "blue",
    prefix,
    type: "unicast",
    source: "static",
    nextHops: [],
    ...none,
    ...more,
  };
};

describe("the routes", () => {
  it("name next hops by port and owner, and say what is not resolved", () => {
    const routes = [
      route("10.1.0.2/32", { source: "pod", nextHops: [hop({ ...POD, resolved: true })] }),
      route("10.9.0.0/24", { nextHops: [hop({ address: "10.0.12.2", mac: MAC, resolved: true })] }),
      route("10.9.1.0/24", { nextHops: [hop({ address: "10.0.12.3" })] }),
      route("10.0.12.0/24", { type: "connected", source: "kernel", nextHops: [hop({})] }),
      route("10.9.2.0/24", { type: "blackhole" }),
      route("10.2.0.0/24", { type: "leak", leakTo: "red" }),
    ];
    expect(lines(renderRoutes({ routes, total: 6, waiting: [] }))).toEqual([
      "NETWORK PREFIX NEXT HOP MAC SOURCE",
      "blue 10.1.0.2/32 mr3 (default/web-0) - pod",
      `blue 10.9.0.0/24 via 10.0.12.2 on up0 ${MAC} static`,
      "blue 10.9.1.0/24 via 10.0.12.3 on up0 unresolved static",
      "blue 10.0.12.0/24 connected to up0 - kernel",
      "blue 10.9.2.0/24 blackhole - static",
      "blue 10.2.0.0/24 routes of red - static",
    ]);
  });

  it("have one line per next hop of a group, with the weights", () => {
    const nextHops = [hop({ address: "10.0.12.2", weight: 3 }), hop(POD)];
    const text = lines(
      renderRoutes({ routes: [route("::/0", { nextHops })], total: 1, waiting: [] }),
    );
    expect(text.slice(1)).toEqual([
      "blue ::/0 via 10.0.12.2 on up0 weight 3 unresolved static",
      "mr3 (default/web-0) weight 1 -",
    ]);
  });

  it("have counters when one of them is counted", () => {
    const routes = [route("10.9.0.0/24", { packets: 12, bytes: 2048 }), route("10.9.1.0/24")];
    const text = lines(renderRoutes({ routes, total: 2, waiting: [] }));
    expect(text[0]).toMatch(/ PACKETS BYTES$/);
    expect(text[1]).toMatch(/ 12 2\.00 KiB$/);
    expect(text[2]).toMatch(/ - -$/);
  });

  it("say how many more there are, and what waits for what", () => {
    const text = lines(renderRoutes({ routes: [route("::/0")], total: 1001, waiting: WAITING }));
    expect(text.slice(2)).toEqual(["… 1000 more", "waiting blue 10.8.0.0/24: no pod has it"]);
    expect(renderRoutes({ routes: [], total: 0, waiting: [] })).toBe("no routes match\n");
  });
});

describe("the options of routes add", () => {
  const PREFIX = "10.9.0.0/24";
  const hops = (words: string) => {
    const options = new NextHopOptions();
    const all = words.split(" ");
    for (let i = 0; i < all.length; i += 2) {
      const name = all[i]?.slice(2) as "via" | "port" | "weight";
      options[name](all[i + 1] ?? "");
    }
    return options.hops;
  };

  it("belong to the --via before them", () => {
    expect(hops("--via a --port p --via b --weight 5 --via c")).toEqual([
      { address: "a", port: "p" },
      { address: "b", weight: 5 },
      { address: "c" },
    ]);
    expect(hops("--port p --via a --port q --weight 2 --port r")).toEqual([
      { port: "p", address: "a" },
      { port: "q", weight: 2 },
      { port: "r" },
    ]);
  });

  it("say one type of route", () => {
    const none = new NextHopOptions();
    expect(routeChange(PREFIX, { leak: "red" }, none)).toEqual({
      prefix: PREFIX,
      type: "leak",
      leakTo: "red",
    });
    expect(routeChange(PREFIX, { prohibit: true, count: true }, none)).toMatchObject({
      type: "prohibit",
      count: true,
    });
    expect(() => routeChange(PREFIX, {}, none)).toThrow("where 10.9.0.0/24 leads is missing");
    expect(() => routeChange(PREFIX, { leak: "red", blackhole: true }, none)).toThrow(
      "10.9.0.0/24 cannot be blackhole and leak: one of --via",
    );
  });
});

describe("neighbours and FDB entries", () => {
  const neighbour: NeighbourView = {
    network: "blue",
    ...UP0,
    address: "10.0.12.2",
    mac: "",
    resolved: false,
    source: "none",
    used: true,
  };
  const entry: FdbView = {
    network: "lan",
    ...POD,
    mac: MAC,
    vlan: 10,
    peer: "",
    source: "learned",
    age: 61,
  };

  it("of uplinks show what is resolved and used", () => {
    const known = {
      ...neighbour,
      mac: MAC,
      resolved: true,
      source: "kernel",
      used: false,
    } as const;
    expect(lines(renderNeighbours({ neighbours: [known, neighbour], waiting: [] }))).toEqual([
      "NETWORK ADDRESS MAC PORT INTERFACE SOURCE USED",
      `blue 10.0.12.2 ${MAC} 1 up0 kernel no`,
      "blue 10.0.12.2 unresolved 1 up0 - yes",
    ]);
  });

  it("of bridged networks show VLAN, port and age", () => {
    const pinned = { ...entry, source: "pod", age: 0 } as const;
    expect(lines(renderFdb({ entries: [entry, pinned], waiting: [] }))).toEqual([
      "NETWORK MAC VLAN PORT INTERFACE PEER SOURCE AGE",
      `lan ${MAC} 10 3 mr3 (default/web-0) - learned 1 min 1 s`,
      `lan ${MAC} 10 3 mr3 (default/web-0) - pod -`,
    ]);
  });

  it("that wait are listed as well", () => {
    expect(lines(renderFdb({ entries: [], waiting: WAITING }))[1]).toContain("waiting blue");
    expect(lines(renderNeighbours({ neighbours: [], waiting: WAITING }))[1]).toContain("no pod");
  });
});

describe("the mirror", () => {
  const mirror: MirrorView = {
    running: true,
    routes: 900_000,
    neighbours: 2,
    links: 3,
    messages: 40,
    overruns: 1,
    resyncs: 2,
    resyncMs: 7,
    skipped: { "not unicast": 4, "other table": 0 },
    tables: [{ network: "blue", table: 254 }],
  };

  it("shows tables, what is known and what was not taken", () => {
    expect(lines(renderMirror(mirror))).toEqual([
      "state running",
      "tables blue 254",
      "known 900000 routes, 2 neighbours, 3 links",
      "messages 40 read, 1 overruns",
      "resyncs 2, the last one took 7 ms",
      "skipped 4 not unicast",
    ]);
  });

  it("tells one that nobody wants from one that has stopped", () => {
    const state = (more: Partial<MirrorView>) => lines(renderMirror({ ...mirror, ...more }))[0];
    expect(state({ running: false, tables: [] })).toBe("state no network follows the kernel");
    expect(state({ running: false })).toBe("state not running");
  });
});

describe("networks and ports", () => {
  it("show uplinks, mirror, leaks and FDB only where there are any", () => {
    const [blue] = fakeView().networks();
    if (!blue) throw new Error("the fixture has a network");
    expect(lines(renderNetworks([blue]))[0]).not.toMatch(/UPLINKS|MIRROR|LEAKS|FDB/);
    const uplinks = [
      { ifname: "up0", use: "shared" as const, port: 1 },
      { ifname: "up1", use: "dedicated" as const, port: null },
    ];
    const leaks = [{ prefix: "10.2.0.0/24", to: "red" }];
    const routed = { ...blue, uplinks, leaks, mirrorTable: 254 };
    const bridged = { ...blue, name: "lan", kind: "bridged" as const, subnets: [], fdbSize: 8192 };
    const text = lines(renderNetworks([routed, bridged]));
    expect(text[0]).toMatch(/UPLINKS MIRROR POD ROUTES STATIC ROUTES LEAKS FDB SIZE$/);
    expect(text[1]).toContain("up0 shared table 254");
    expect(text[2]).toBe("up1 dedicated (missing)");
    expect(text[3]).toMatch(/^lan bridged .* 8192$/);
  });

  it("show which worker serves which queues, neighbours in one range", () => {
    const on = (...workers: number[]) => workers.map((worker, queue) => ({ queue, worker }));
    expect(queuesText(on(0))).toBe("0 on worker 0");
    expect(queuesText(on(0, 0, 0, 1, 0))).toBe("0-2 on worker 0, 3 on worker 1, 4 on worker 0");
    expect(queuesText([])).toBeNull();
  });
});
