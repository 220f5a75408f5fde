import { Ipam } from "../../src/networks/ipam.ts";
import type { MicroCase } from "./case.ts";
import { makeNetwork, makeRecord } from "./records.ts";

const held = 100;

export const ipamReserve: MicroCase = {
  name: "micro-ipam-reserve",
  what: `an IPv4 and an IPv6 address reserved and released, ${held} pods attached`,
  prepare() {
    const network = makeNetwork();
    const records = Array.from({ length: held }, (_, n) => makeRecord(n + 2));
    const ipam = new Ipam(() => records);
    const next = makeRecord(held + 2);
    return () => {
      records.push({ ...next, addresses: ipam.reserve(network) });
      records.pop(); // an address is free as soon as no record has it
    };
  },
};
