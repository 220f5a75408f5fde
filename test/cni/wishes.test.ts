import { expect } from "vitest";
import { type Lab, NARROW_NETWORKS } from "../fixtures/lab.ts";
import { mustPing, mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { cni, mustCni } from "../harness/cni-call.ts";

const MAC = "02:00:00:aa:bb:cc";
const IPS = ["10.81.1.77", "fd81:1::77"];

const config = { networks: NARROW_NETWORKS };

const WAYS = [
  ["runtimeConfig", { config: { runtimeConfig: { mac: MAC, ips: IPS } } }],
  ["args of the network configuration", { config: { args: { cni: { mac: MAC, ips: IPS } } } }],
  ["CNI_ARGS", { args: { MAC, IP: IPS.join(",") } }],
] as const;

for (const [way, options] of WAYS) {
  scenario(`A pod gets the MAC and the addresses that ${way} ask for`, {}, async (lab) => {
    const pod = await lab.addPod("a", {
      ...("config" in options && { config: options.config }),
      ...("args" in options && { args: options.args }),
    });
    expect([pod.mac, pod.ip4, pod.ip6]).toEqual([MAC, ...IPS]);
    await expectAsShown(lab, pod);
    await mustReach(pod, await lab.addPod("b"));
  });
}

scenario("A pod gets the MTU that the network configuration asks for", {}, async (lab) => {
  const pod = await lab.addPod("a", { config: { mtu: 1400 } });
  expect(pod.result.interfaces).toMatchObject([{ mtu: 1400 }, { mtu: 1400 }]);
  expect((await pod.namespace.links())[1]).toMatchObject({ mtu: 1400 });
});

scenario("The pod's name from CNI_ARGS is shown with the attachment", {}, async (lab) => {
  const args = { K8S_POD_NAMESPACE: "shop", K8S_POD_NAME: "web-0", K8S_POD_UID: "u1" };
  await lab.addPod("a", { args });
  const [attachment] = await lab.agent.client.attachments();
  expect(attachment?.pod).toEqual({ namespace: "shop", name: "web-0", uid: "u1" });
});

scenario("A pod can have interfaces in two networks, under any name", { config }, async (lab) => {
  const pod = await lab.addPod("a", { ifname: "blue" });
  await mustCni("ADD", { ...pod.call, ifname: "red", network: "red" });
  expect((await pod.namespace.links()).map(({ ifname }) => ifname)).toEqual(["lo", "blue", "red"]);
  for (const gateway of ["10.81.1.1", "fd81:1::1", "10.81.2.1", "fd81:2::1"]) {
    await mustPing(pod, gateway);
  }
});

scenario(
  "An ADD repeated word for word gets the same answer and changes nothing",
  {},
  async (lab) => {
    const [a, b] = await lab.addPair();
    const { exitCode, json } = await cni("ADD", a.call);
    expect(exitCode).toBe(0);
    expect(json).toEqual(a.result);
    expect(await lab.agent.client.attachments()).toHaveLength(2);
    await mustReach(a, b);
  },
);

scenario("In a chain the result of the plugin before stays and comes first", {}, async (lab) => {
  const prevResult = {
    cniVersion: "1.1.0",
    interfaces: [{ name: "first0", mac: "02:00:00:00:00:09", sandbox: "/run/netns/other" }],
    ips: [{ address: "192.0.2.9/24", gateway: "192.0.2.1", interface: 0 }],
    dns: { nameservers: ["192.0.2.53"] },
  };
  const { call } = await lab.preparePod("a");
  const { json } = await mustCni("ADD", { ...call, prevResult });
  expect(json.interfaces.map(({ name }: { name: string }) => name)).toEqual([
    "first0",
    expect.stringMatching(/^mr/),
    "eth0",
  ]);
  expect(json.ips.map((ip: { interface: number }) => ip.interface)).toEqual([0, 2, 2]);
  expect(json.dns).toEqual(prevResult.dns);
  expect(await cni("CHECK", { ...call, prevResult: json })).toMatchObject({ exitCode: 0 });
});

async function expectAsShown({ agent }: Lab, { ip4, ip6, mac, namespace }: Pod): Promise<void> {
  const [attachment] = await agent.client.attachments();
  expect(attachment?.podMac).toBe(mac);
  const addresses = attachment?.addresses.map(({ address }) => address);
  expect(addresses).toEqual([`${ip4}/32`, `${ip6}/128`]);
  expect((await namespace.links())[1]).toMatchObject({ address: mac });
}
