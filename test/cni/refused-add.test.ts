import { expect } from "vitest";
import type { Lab } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type CniCall, cni } from "../harness/cni-call.ts";

interface Refusal {
  /** Goes into "ADD <title> is refused with code <code> and leaves nothing". */
  title: string;
  code: number;
  call: Partial<CniCall> | ((lab: Lab) => Partial<CniCall>);
  /** In message or details. */
  says: string;
}

const REFUSALS: Refusal[] = [
  {
    title: "to an unknown network",
    code: 7,
    call: { network: "green" },
    says: "network green is not in the agent's configuration; known networks: blue, red",
  },
  {
    title: "with an unknown key",
    code: 2,
    call: { config: { mtuu: 1400 } },
    says: "mtuu = 1400",
  },
  {
    title: "with another IPAM plugin",
    code: 7,
    call: { config: { ipam: { type: "host-local" } } },
    says: 'ipam.type = "host-local"',
  },
  {
    title: "with an MTU above the network's",
    code: 7,
    call: { config: { mtu: 1501 } },
    says: "accepted: 1280 (the network has an IPv6 prefix (RFC 8200 5)) to 1500 (mtu of the network)",
  },
  {
    title: "with an MTU too small for IPv6",
    code: 7,
    call: { config: { mtu: 1279 } },
    says: "mtu = 1279 cannot be had in network blue",
  },
  {
    title: "with a multicast MAC",
    code: 7,
    call: { config: { runtimeConfig: { mac: "01:00:00:00:00:01" } } },
    says: "01:00:00:00:00:01",
  },
  {
    title: "with an address of another network",
    code: 7,
    call: { config: { runtimeConfig: { ips: ["10.81.2.7"] } } },
    says: "10.81.2.7 cannot be had: it is not in 10.81.1.0/24",
  },
  {
    title: "with the gateway's address",
    code: 7,
    call: { config: { runtimeConfig: { ips: ["10.81.1.1"] } } },
    says: "10.81.1.1 cannot be had: it is the gateway",
  },
  {
    title: "into a namespace that does not exist",
    code: 8,
    call: { netns: "/run/netns/mr-no-such-thing" },
    says: "/run/netns/mr-no-such-thing cannot be opened (ENOENT)",
  },
  {
    title: "into a file that is no namespace",
    code: 8,
    call: { netns: "/etc/hostname" },
    says: "/etc/hostname is not a network namespace",
  },
  {
    title: "into the node's own namespace",
    code: 8,
    call: (lab) => ({ netns: lab.node.path }),
    says: "is the network namespace of the node",
  },
  {
    title: "with a container id that is none",
    code: 4,
    call: { containerId: "../a" },
    says: "CNI_CONTAINERID",
  },
  {
    title: "with an interface name of 16 characters",
    code: 4,
    call: { ifname: "eth0123456789abc" },
    says: "CNI_IFNAME",
  },
  {
    title: "with an interface name with a slash",
    code: 4,
    call: { ifname: "eth/0" },
    says: "CNI_IFNAME",
  },
  { title: "without CNI_NETNS", code: 4, call: { netns: "" }, says: "CNI_NETNS" },
  {
    title: "with unknown CNI_ARGS",
    code: 4,
    call: { args: { IgnoreUnknown: "false", NONSENSE: "1" } },
    says: "NONSENSE",
  },
];

for (const { title, code, call, says } of REFUSALS) {
  scenario(`ADD ${title} is refused with code ${code} and leaves nothing`, {}, async (lab) => {
    const prepared = await lab.preparePod("a");
    const changed = typeof call === "function" ? call(lab) : call;
    const { exitCode, json } = await cni("ADD", { ...prepared.call, ...changed });
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code, cniVersion: "1.1.0" });
    expect(`${json.msg} ${json.details}`).toContain(says);
    await expectBare(prepared.namespace);
    await expectNothingLeft(lab);
  });
}

scenario(
  "ADD of an interface name that is taken is refused and leaves what was there",
  {},
  async (lab) => {
    const { namespace, call } = await lab.preparePod("a");
    await namespace.must("ip", ["link", "add", "eth0", "type", "bridge"]);
    const { exitCode, json } = await cni("ADD", call);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code: 4, details: expect.stringContaining("CNI_IFNAME = eth0") });
    expect((await namespace.links()).map(({ ifname }) => ifname)).toEqual(["lo", "eth0"]);
    await expectNothingLeft(lab);
  },
);

scenario(
  "ADD of an address that another interface of the pod has as a gateway leaves nothing",
  {},
  async (lab) => {
    const { namespace, call } = await lab.preparePod("a");
    await namespace.must("ip", ["link", "add", "other", "type", "bridge"]);
    await namespace.must("ip", ["link", "set", "other", "up"]);
    await namespace.must("ip", ["route", "add", "default", "dev", "other"]);
    const { exitCode, json } = await cni("ADD", call);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code: 7, details: expect.stringContaining("networks[].routes") });
    expect((await namespace.links()).map(({ ifname }) => ifname)).toEqual(["lo", "other"]);
    await expectNothingLeft(lab);
  },
);

scenario("A second ADD with other wishes is refused, and the attachment stays", {}, async (lab) => {
  const [a, b] = await lab.addPair();
  for (const call of [
    { ...a.call, netns: b.call.netns },
    { ...a.call, network: "red" },
    { ...a.call, config: { mtu: 1400 } },
  ]) {
    const { exitCode, json } = await cni("ADD", call);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code: 4, msg: expect.stringContaining(a.key) });
  }
  expect((await remainsOf(lab)).records).toBe(2);
  await mustReach(a, b);
});

scenario(
  "An address and a MAC that another pod has are refused, naming that pod",
  {},
  async (lab) => {
    const a = await lab.addPod("a");
    const { namespace, call } = await lab.preparePod("b");
    const wishes = [{ ips: [a.ip4] }, { ips: [a.ip6] }, { mac: a.mac }, { mac: a.gatewayMac }];
    for (const runtimeConfig of wishes) {
      const { exitCode, json } = await cni("ADD", { ...call, config: { runtimeConfig } });
      expect(exitCode).toBe(1);
      expect(json.code).toBe(7);
      const holder = runtimeConfig.mac === a.gatewayMac ? "the gateway" : a.key;
      expect(`${json.msg} ${json.details}`).toContain(holder);
    }
    await expectBare(namespace);
  },
);
