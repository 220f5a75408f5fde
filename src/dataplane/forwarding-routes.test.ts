import { beforeEach, describe, expect, it } from "vitest";
import { plain, RouteChecks } from "./forwarding-check-fixture.ts";
import { hop, routeWish as route, routeInfo, via } from "./forwarding-fixture.ts";
import type { RouteWish } from "./forwarding-model.ts";

let at: RouteChecks;

beforeEach(() => {
  at = new RouteChecks();
});

async function changes(...wishes: RouteWish[]) {
  return (await at.check(wishes)).checked.map(({ change }) => change);
}

describe("a route", () => {
  it("leads to the port whose connected prefix has the next hop", async () => {
    expect(await changes(route("10.9.0.0/24", { count: true }))).toEqual([
      {
        op: "add",
        prefix: "10.9.0.0/24",
        type: "unicast",
        nextHops: [{ port: 1, address: "10.0.12.2", weight: 1 }],
        leakTo: 0,
        counted: true,
        source: "static",
      },
    ]);
  });

  it("leads to a neighbour that the kernel knows", async () => {
    const known = routeInfo("10.0.14.9/32", { source: "neighbour", nextHops: [hop(2)] });
    at.host.native.routes.get(0)?.push(known);
    const [change] = await changes(route("10.9.0.0/24", { via: [via("10.0.14.9")] }));
    expect(change?.nextHops).toEqual([{ port: 2, address: "10.0.14.9", weight: 1 }]);
  });

  it("leads to the pod that has the next hop", async () => {
    const [change] = await changes(route("10.9.0.0/24", { via: [via("10.1.0.2")] }));
    expect(change?.nextHops).toEqual([{ port: 0, address: "", weight: 1 }]);
  });

  it("leads to the pod behind a port that is named alone", async () => {
    const [change] = await changes(route("10.9.0.0/24", { via: [via("", "default/web-0", 3)] }));
    expect(change?.nextHops).toEqual([{ port: 0, address: "", weight: 3 }]);
  });

  it("leads to a link-local neighbour when the uplink is named", async () => {
    const [change] = await changes(route("fd00:9::/64", { via: [via("fe80::2", "up1")] }));
    expect(change?.nextHops).toEqual([{ port: 2, address: "fe80::2", weight: 1 }]);
  });

  it("may have several next hops with weights", async () => {
    const hops = [via("10.0.12.2", "", 2), via("10.0.12.3"), via("10.1.0.2")];
    const [change] = await changes(route("10.9.0.0/24", { via: hops }));
    expect(change?.nextHops.map(({ port, weight }) => [port, weight])).toEqual([
      [1, 2],
      [1, 1],
      [0, 1],
    ]);
  });

  it("may be the default route, whose next hop is inside it but better known", async () => {
    expect(await changes(route("0.0.0.0/0"))).toMatchObject([{ prefix: "0.0.0.0/0" }]);
  });

  it("may refuse packets instead", async () => {
    const types = ["blackhole", "unreachable", "prohibit"] as const;
    const batch = types.map((type, i) => plain(`10.9.${i}.0/24`, type));
    expect((await changes(...batch)).map((change) => change?.type)).toEqual(types);
  });

  it("is written in canonical form", async () => {
    const wish = plain("FD00:9:0::/48", "blackhole");
    expect(await changes(wish)).toMatchObject([{ prefix: "fd00:9::/48" }]);
  });

  it("of our own may be replaced and deleted", async () => {
    at.host.native.routes.get(0)?.push(routeInfo("10.9.0.0/24", { source: "static" }));
    at.ours.add("blue 10.9.0.0/24");
    expect(await changes(route("10.9.0.0/24", { op: "replace" }))).toMatchObject([
      { op: "replace" },
    ]);
    expect(await changes(route("10.9.0.0/24", { op: "del" }))).toMatchObject([{ op: "del" }]);
  });

  it("that waits is taken back without touching the table", async () => {
    at.ours.add("blue 10.9.0.0/24");
    expect(await changes(route("10.9.0.0/24", { op: "del" }))).toEqual([null]);
  });

  it("of our own may be deleted though the kernel has the prefix by now", async () => {
    at.ours.add("blue 172.16.0.0/12");
    expect(await changes(route("172.16.0.0/12", { op: "del" }))).toEqual([null]);
    at.host.native.routes.get(0)?.push(routeInfo("172.16.0.0/12", { source: "static" }));
    expect(await changes(route("172.16.0.0/12", { op: "del" }))).toMatchObject([{ op: "del" }]);
  });

  it("of our own comes before the kernel's, and may be changed beside it", async () => {
    at.ours.add("blue 172.16.0.0/12");
    const wish = route("172.16.0.0/12", { op: "replace" });
    expect(await changes(wish)).toMatchObject([{ op: "replace" }]);
  });

  it("of our own that a pod's hides is taken out of the table as well", async () => {
    at.ours.add("blue 10.9.0.0/24");
    at.host.native.routes.get(0)?.push(routeInfo("10.9.0.0/24", { source: "pod" }));
    const wish = route("10.9.0.0/24", { op: "del" });
    expect(await changes(wish)).toMatchObject([{ op: "del" }]);
    at.waits = true;
    expect(await changes(wish)).toEqual([null]);
    expect(await at.refusal({ ...wish, op: "replace" })).toContain("for an attachment");
  });

  it("may be put where replace finds none", async () => {
    expect(await changes(route("10.9.0.0/24", { op: "replace" }))).toMatchObject([
      { op: "replace" },
    ]);
  });
});

describe("a leak", () => {
  const leak = (prefix: string, leakTo: string) => ({ ...plain(prefix, "leak"), leakTo });

  it("lets the routes of another network decide", async () => {
    expect(await changes(leak("10.2.0.0/24", "red"))).toMatchObject([
      { type: "leak", leakTo: 1, nextHops: [] },
    ]);
  });

  it("is refused to itself, to nobody and to a bridged network", async () => {
    expect(await at.refusal(leak("10.2.0.0/24", "blue"))).toContain(
      "packets for 10.2.0.0/24 would go round in a loop: blue -> blue",
    );
    expect(await at.refusal(leak("10.2.0.0/24", ""))).toContain("no such network");
    expect(await at.refusal(leak("10.2.0.0/24", "lan"))).toContain("the network is bridged");
  });

  it("is refused to a network with the same addresses", async () => {
    at.host.nets[1]?.prefixes.push("10.1.0.0/16");
    expect(await at.refusal(leak("10.2.0.0/24", "red"))).toContain(
      "its node prefix 10.1.0.0/16 overlaps 10.1.0.0/24 of this network",
    );
  });

  it("is refused to a network that leaks the same back", async () => {
    at.leaks = [{ from: "red", to: "blue", prefix: "10.9.0.0/16" }];
    expect(await at.refusal(leak("10.9.3.0/24", "red"))).toContain("blue -> red -> blue");
  });

  it("is refused when the configuration leaks the same back", async () => {
    at.host.nets[1]?.leaks.push({ from: "red", to: "blue", prefix: "10.9.0.0/16" });
    expect(await at.refusal(leak("10.9.3.0/24", "red"))).toContain("blue -> red -> blue");
  });

  it("may take the place of the one that would have led back", async () => {
    at.leaks = [{ from: "blue", to: "red", prefix: "10.9.0.0/16" }];
    at.ours.add("blue 10.9.0.0/16");
    at.host.native.routes
      .get(0)
      ?.push(routeInfo("10.9.0.0/16", { source: "static", type: "leak" }));
    const wish = { ...leak("10.9.0.0/16", "red"), op: "replace" as const };
    expect(await changes(wish)).toMatchObject([{ op: "replace", leakTo: 1 }]);
  });
});

describe("a next hop on several uplinks", () => {
  it("is taken on the port that is named", async () => {
    const connected = { type: "connected", source: "kernel", nextHops: [hop(1), hop(2)] } as const;
    at.host.native.routes
      .get(0)
      ?.push(routeInfo("10.0.13.0/24", { ...connected, nextHops: [...connected.nextHops] }));
    const [change] = await changes(route("10.9.0.0/24", { via: [via("10.0.13.9", "up1")] }));
    expect(change?.nextHops).toEqual([{ port: 2, address: "10.0.13.9", weight: 1 }]);
  });
});
