import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AttachmentAddress, AttachmentRecord } from "../store/records.ts";
import { parseAddress } from "./ip.ts";
import { Ipam } from "./ipam.ts";
import { type Network, resolveNetwork } from "./network.ts";
import { capacity, subnetHolds } from "./subnet.ts";

function makeNetwork(
  nodePrefixes: string[],
  staticRoutes: { prefix: string; via: string }[] = [],
): Network {
  const rest = { kind: "routed", mtu: 1500, gateways: [], uplinks: [], leaks: [] } as const;
  return resolveNetwork({ name: "blue", nodePrefixes, staticRoutes, ...rest });
}

/** Records as the journal would hold them; only what address management looks at is real. */
class Records {
  readonly list: AttachmentRecord[] = [];
  #count = 0;

  add(addresses: AttachmentAddress[], network = "blue"): AttachmentRecord {
    const n = this.#count++;
    const record: AttachmentRecord = {
      containerId: `c${n}`,
      ifname: "eth0",
      network,
      netns: "/run/netns/x",
      hostName: "mr0",
      hostMac: "02:00:00:00:00:01",
      podMac: "02:00:00:00:00:02",
      mtu: 1500,
      addresses,
      routes: [],
      alias: "",
      createdAt: new Date(n).toISOString(),
      bootId: "",
      pod: null,
    };
    this.list.push(record);
    return record;
  }

  remove(record: AttachmentRecord): void {
    this.list.splice(this.list.indexOf(record), 1);
  }
}

const texts = (addresses: AttachmentAddress[]): string[] => addresses.map((a) => a.address);

function setUp(network: Network) {
  const records = new Records();
  const ipam = new Ipam(() => records.list);
  const add = (requested: string[] = []) => records.add(ipam.reserve(network, requested));
  return { records, ipam, add };
}

describe("built-in address management", () => {
  const dual = makeNetwork(["10.1.0.0/29", "fd00:1::/64"]);

  it("gives one address per family with the same host number, after the gateway", () => {
    const { add } = setUp(dual);
    expect(add().addresses).toEqual([
      { address: "10.1.0.2/32", gateway: "10.1.0.1" },
      { address: "fd00:1::2/128", gateway: "fd00:1::1" },
    ]);
    expect(texts(add().addresses)).toEqual(["10.1.0.3/32", "fd00:1::3/128"]);
  });

  it("lets a freed address rest until the others have been used", () => {
    const { add, records } = setUp(dual);
    records.remove(add());
    const later = Array.from({ length: 5 }, () => add().addresses[0]?.address);
    expect(later).toEqual([3, 4, 5, 6, 2].map((n) => `10.1.0.${n}/32`));
  });

  it("goes on after the youngest record when the agent was restarted", () => {
    const { add, records } = setUp(dual);
    const first = add();
    add();
    records.remove(first);
    const restarted = new Ipam(() => records.list);
    expect(texts(restarted.reserve(dual))[0]).toBe("10.1.0.4/32");
  });

  it("honours addresses asked for, with and without prefix length", () => {
    const { add } = setUp(dual);
    expect(texts(add(["10.1.0.5/24", "fd00:1::ab"]).addresses)).toEqual([
      "10.1.0.5/32",
      "fd00:1::ab/128",
    ]);
    expect(texts(add(["10.1.0.6"]).addresses)).toEqual(["10.1.0.6/32", "fd00:1::6/128"]);
  });

  it.each([
    ["10.2.0.5", "it is not in 10.1.0.0/29"],
    ["10.1.0.0", "it is the network address of 10.1.0.0/29"],
    ["10.1.0.1", "it is the gateway of 10.1.0.0/29"],
    ["10.1.0.7", "it is the broadcast address of 10.1.0.0/29"],
    ["fd00:1::", "it is the subnet-router anycast address of fd00:1::/64"],
    ["10.1.0.2", "attachment c0:eth0 has it"],
    ["pizza", "not an IPv4 or IPv6 address"],
  ])("refuses the address %s because %s", (address, why) => {
    const { add } = setUp(dual);
    add();
    expect(() => add([address])).toThrow(`network blue: address ${address} cannot be had: ${why}`);
  });

  it("refuses two addresses of one family and a family the network lacks", () => {
    const { add } = setUp(makeNetwork(["10.1.0.0/29"]));
    expect(() => add(["10.1.0.2", "10.1.0.3"])).toThrow("a second IPv4 address");
    expect(() => add(["fd00:1::2"])).toThrow("the network has no IPv6 prefix");
  });

  it("keeps the address of a static route for the pod that asks for it", () => {
    const network = makeNetwork(["10.1.0.0/29"], [{ prefix: "10.9.0.0/16", via: "10.1.0.2" }]);
    const { add } = setUp(network);
    expect(texts(add().addresses)).toEqual(["10.1.0.3/32"]);
    expect(texts(add(["10.1.0.2"]).addresses)).toEqual(["10.1.0.2/32"]);
  });

  it("names network and prefix when the addresses are used up", () => {
    const { add, ipam } = setUp(dual);
    for (let n = 0; n < 5; n++) add();
    expect(ipam.allocated(dual, dual.subnets[0] as never)).toBe(5);
    expect(() => add()).toThrow("network blue: every address of 10.1.0.0/29 is in use");
  });

  it("never gives an address twice, a reserved one or none while one is free", () => {
    const network = makeNetwork(["10.1.0.0/28", "fd00:1::/124"]);
    const room = Number(capacity(network.subnets[0] as never));
    const act = fc.oneof(
      fc.constant({ kind: "add" as const }),
      fc.record({ kind: fc.constant("ask" as const), host: fc.nat(15) }),
      fc.record({ kind: fc.constant("remove" as const), index: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const { add, records } = setUp(network);
        for (const one of acts) {
          const before = records.list.length;
          if (one.kind === "remove") {
            records.list.splice(one.index, 1);
            continue;
          }
          try {
            add(one.kind === "ask" ? [`10.1.0.${one.host}`] : []);
          } catch {
            if (one.kind === "add") expect(before).toBe(room);
          }
          const all = records.list.flatMap(({ addresses }) => texts(addresses));
          expect(new Set(all).size).toBe(all.length);
          for (const text of all) {
            const address = parseAddress(text.split("/")[0] ?? "");
            expect(network.subnets.some((subnet) => subnetHolds(subnet, address))).toBe(true);
          }
        }
      }),
    );
  });
});
