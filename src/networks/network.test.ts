import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "./ip.ts";
import { gatewayMac, podMac } from "./mac.ts";
import { maxMtu, minMtu } from "./mtu.ts";
import { gatewayOf, podRoutes, resolveNetwork } from "./network.ts";

const config = {
  name: "blue",
  nodePrefixes: ["fd00:1::/64", "10.1.0.0/24"],
  mtu: 1500,
  gateways: ["10.1.0.254"],
  routes: undefined,
  staticRoutes: [{ prefix: "192.168.0.0/16", via: "10.1.0.9" }],
};

describe("a network resolved from its configuration", () => {
  const network = resolveNetwork(config);

  it("lists IPv4 first and takes the first usable address where no gateway is named", () => {
    expect(network.subnets.map(({ gateway }) => formatAddress(gateway))).toEqual([
      "10.1.0.254",
      "fd00:1::1",
    ]);
    expect(gatewayOf(network, 4)).toBe("10.1.0.254");
  });

  it("gives pods routes to the node prefixes and the static routes", () => {
    expect(podRoutes(network, [parseAddress("10.1.0.2")])).toEqual([
      { dst: "10.1.0.0/24", gw: "10.1.0.254" },
      { dst: "fd00:1::/64", gw: "fd00:1::1" },
      { dst: "192.168.0.0/16", gw: "10.1.0.254" },
    ]);
  });

  it("gives the pod behind a static route no route back to itself", () => {
    const dsts = podRoutes(network, [parseAddress("10.1.0.9")]).map(({ dst }) => dst);
    expect(dsts).toEqual(["10.1.0.0/24", "fd00:1::/64"]);
  });

  it("gives pods the routes named and no others", () => {
    const named = resolveNetwork({ ...config, routes: ["0.0.0.0/0"] });
    expect(podRoutes(named, [])).toEqual([{ dst: "0.0.0.0/0", gw: "10.1.0.254" }]);
  });
});

describe("MAC addresses", () => {
  it("are stable, unicast, locally administered and different per network", () => {
    expect(gatewayMac("blue")).toBe(gatewayMac("blue"));
    expect(gatewayMac("blue")).not.toBe(gatewayMac("red"));
    for (const mac of [gatewayMac("blue"), podMac("blue", "10.1.0.2")]) {
      expect(Number.parseInt(mac.slice(0, 2), 16) & 3).toBe(2);
      expect(mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    }
  });
});

describe("MTU limits", () => {
  it("follow the frame, and native XDP on a veth where that is less", () => {
    expect(maxMtu(2048, false).mtu).toBe(1774);
    expect(maxMtu(4096, false).mtu).toBe(3506);
    expect(maxMtu(4096, true).mtu).toBe(3822);
  });

  it("follow the IP version at the low end", () => {
    expect(minMtu({ hasIpv6: true }).mtu).toBe(1280);
    expect(minMtu({ hasIpv6: false }).mtu).toBe(68);
  });
});
