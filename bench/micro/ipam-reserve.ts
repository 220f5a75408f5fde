import { Ipam } from "../../src/networks/ipam.ts";
import { resolveNetwork } from "../../src/networks/network.ts";
import type { MicroCase } from "./case.ts";
import { makeRecord } from "./records.ts";

const held = 100;

export const ipamReserve: MicroCase = {
  name: "micro-ipam-reserve",
  what: `an IPv4 and an IPv6 address reserved and released, ${held} pods attached`,
  prepare() {
    const network = resolveNetwork({
      name: "blue",
      kind: "routed",
      nodePrefixes: ["10.1.0.0/24", "fd00:1::/64"],
      mtu: 1500,
      gateways: [],
      staticRoutes: [],
      uplinks: [],
      leaks: [],
    });
    const records = Array.from({ length: held }, (_, n) => makeRecord(n + 2));
    const ipam = new Ipam(() => records);
    const next = makeRecord(held + 2);
    return () => {
      records.push({ ...next, addresses: ipam.reserve(network) });
      records.pop(); // an address is free as soon as no record has it
    };
  },
};
