import { beforeEach, describe, expect, it } from "vitest";
import { plain, RouteChecks } from "./forwarding-check-fixture.ts";
import { routeWish as route, routeInfo, via } from "./forwarding-fixture.ts";
import type { RouteWish } from "./forwarding-model.ts";

let at: RouteChecks;

beforeEach(() => {
  at = new RouteChecks();
});

describe("a batch of routes is refused", () => {
  it.each<[string, RouteWish, string]>([
    [
      "for bits behind the prefix length",
      route("10.9.0.1/24"),
      'changes[0].prefix = "10.9.0.1/24": bits behind the prefix length are set; write 10.9.0.0/24',
    ],
    ["for a prefix without length", route("10.9.0.0"), "the prefix length is missing; write a"],
    [
      "for a next hop of the other family",
      route("fd00:9::/64"),
      'changes[0].via[0].address = "10.0.12.2": an IPv4 next hop for the IPv6 prefix fd00:9::/64; name an IPv6 address',
    ],
    [
      "for a next hop that no pod has and no connected prefix covers",
      route("10.9.0.0/24", { via: [via("10.77.0.1")] }),
      "no connected prefix covers it, no route leads there; name the address of a pod or of a",
    ],
    [
      "for a next hop behind another router",
      route("10.9.0.0/24", { via: [via("172.16.0.1")] }),
      "only 172.16.0.0/12 (unicast) leads there",
    ],
    [
      "for a next hop inside the prefix itself",
      route("10.0.12.0/25"),
      "inside 10.0.12.0/25 itself, packets for it would go round in a loop",
    ],
    [
      "for the gateway as next hop",
      route("10.9.0.0/24", { via: [via("10.1.0.1")] }),
      "the gateway of network blue itself, packets would go round in a loop",
    ],
    [
      "for the node's own address as next hop",
      route("10.9.0.0/24", { via: [via("10.0.12.1")] }),
      "an address of this node itself",
    ],
    [
      "for a port that is not there",
      route("10.9.0.0/24", { via: [via("10.0.12.2", "up9")] }),
      'changes[0].via[0].port = "up9": no such port; there is mr0 (default/web-0), up0, up1',
    ],
    [
      "for a port of another network",
      route("10.9.0.0/24", { via: [via("", "mr3")] }),
      "no such port",
    ],
    [
      "for a port that the next hop is not behind",
      route("10.9.0.0/24", { via: [via("10.0.12.2", "up1")] }),
      "not on a connected prefix of up1; its port is up0",
    ],
    [
      "for a pod's address behind another port",
      route("10.9.0.0/24", { via: [via("10.1.0.2", "up0")] }),
      "an address of mr0 (default/web-0), not behind up0; leave the port out",
    ],
    [
      "for an uplink without a neighbour",
      route("10.9.0.0/24", { via: [via("", "up0")] }),
      "up0 is an uplink with many neighbours behind it; name the address of one",
    ],
    [
      "for a link-local next hop without port",
      route("fd00:9::/64", { via: [via("fe80::2")] }),
      "a link-local address is on every link; name the uplink as port",
    ],
    [
      "for a next hop that is no address",
      route("10.9.0.0/24", { via: [via("router")] }),
      'changes[0].via[0].address = "router": not an IPv4 or IPv6 address; write an address like',
    ],
    [
      "for a next hop named twice",
      route("10.9.0.0/24", { via: [via("10.0.12.2"), via("10.0.12.2", "up0")] }),
      'changes[0].via[1] = "10.0.12.2": the next hop is named twice; name it once, with a weight',
    ],
    ["for no next hop at all", route("10.9.0.0/24", { via: [] }), "a route needs a next hop"],
    [
      "for a blackhole with a next hop",
      route("10.9.0.0/24", { type: "blackhole" }),
      "a route of type blackhole has no next hop; leave it out",
    ],
    [
      "for a network to leak to in another type",
      { ...plain("10.9.0.0/24", "blackhole"), leakTo: "red" },
      'changes[0].leakTo = "red": the type is blackhole',
    ],
    [
      "for a prefix of the network's own pods",
      route("10.1.0.128/25"),
      "inside 10.1.0.0/24, whose addresses are routed to the pods that have them",
    ],
    [
      "for a route of the kernel mirror",
      route("172.16.0.0/12", { op: "replace" }),
      "network blue has this route from the kernel, whose table is mirrored; change it there (table 254)",
    ],
    [
      "for the route of an attachment",
      route("10.1.0.2/32", { op: "del" }),
      "network blue has this route for an attachment; it goes with the pod",
    ],
    [
      "for the gateway's own route",
      plain("10.0.12.1/32", "blackhole"),
      "network blue has this route for itself",
    ],
    [
      "for deleting what is not there",
      route("10.9.0.0/24", { op: "del" }),
      "network blue has no route for exactly this prefix",
    ],
  ])("%s", async (_, wish, words) => {
    expect(await at.refusal(wish)).toContain(words);
    expect(at.host.native.batches).toEqual([]);
  });

  it("for a network that is not there, and for a bridged one", async () => {
    expect(await at.refusal(route("10.9.0.0/24"), "green")).toBe(
      'network = "green": no such network; known routed networks: blue, red',
    );
    expect(await at.refusal(route("10.9.0.0/24"), "lan")).toBe(
      'network = "lan": the network is bridged, it has an FDB but neither routes nor neighbours; known routed networks: blue, red',
    );
  });

  it("for a prefix that is named twice", async () => {
    await expect(
      at.check([route("10.9.0.0/24"), plain("10.9.0.0/24", "blackhole")]),
    ).rejects.toThrow('changes[1].prefix = "10.9.0.0/24": changes[0] changes it as well');
  });

  it("for adding what is there or waits already", async () => {
    at.ours.add("blue 10.9.0.0/24");
    expect(await at.refusal(route("10.9.0.0/24"))).toContain("already that waits to be applied");
    at.host.native.routes.get(0)?.push(routeInfo("10.9.0.0/24", { source: "static" }));
    expect(await at.refusal(route("10.9.0.0/24"))).toContain(
      'has a route for it already; use op "replace", or "del" first',
    );
  });

  it("for what the configuration has made", async () => {
    at.host.native.routes
      .get(0)
      ?.push(routeInfo("10.9.0.0/24", { source: "static", type: "leak" }));
    expect(await at.refusal(route("10.9.0.0/24", { op: "del" }))).toContain(
      "from the configuration; change it there and restart the agent",
    );
  });

  it("as a whole when its last change cannot be made", async () => {
    const batch = [route("10.9.0.0/24"), route("10.10.0.1/24")];
    await expect(at.check(batch)).rejects.toThrow("changes[1].prefix");
  });
});
