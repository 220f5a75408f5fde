import { expect } from "vitest";
import { until } from "../fixtures/kube-wait.ts";
import { expectNodeClean } from "./fixtures/leaks.ts";
import { createPod, deletePod, eventsOf, networkOf, noteOf, runPod } from "./fixtures/pods.ts";
import { clusterScenario } from "./fixtures/scenario.ts";

clusterScenario(
  "A pod gets the network that its annotation names, and kubectl shows what it got",
  {},
  async (cluster) => {
    const pod = await runPod(cluster, "a", { networks: "blue" });
    expect(pod.networks.map(({ name }) => name)).toEqual(["kube-system/primary", "default/blue"]);
    const blue = networkOf(pod, "net1");
    expect(blue.ips).toEqual(["10.81.1.2", "fd81:1::2"]);
    const [link] = JSON.parse(await pod.must("ip", ["-json", "address", "show", "net1"]));
    expect({ mac: blue.mac, mtu: blue.mtu }).toEqual({ mac: link.address, mtu: link.mtu });
    const addresses = link.addr_info.map(({ local }: { local: string }) => local);
    expect(addresses).toEqual(expect.arrayContaining(blue.ips));
    const [port] = await cluster.agent.client.ports();
    const note = { mode: "fastpath", network: "blue", portMode: port?.mode };
    expect(await noteOf(cluster, "a", "net1")).toEqual(note);
    expect(await cluster.agent.client.attachments()).toMatchObject([
      { key: `${pod.sandbox}:net1`, network: "blue", pod: { namespace: "default", name: "a" } },
    ]);
  },
);

clusterScenario("The primary network of a pod stays what it was", {}, async (cluster) => {
  const plain = await runPod(cluster, "plain");
  const both = await runPod(cluster, "both", { networks: "blue" });
  const shape = (text: string) => text.replaceAll(/10\.244\.1\.\d+|@\S+|[\da-f:]{17}/g, "…").trim();
  const routes = async ({ must }: typeof plain) =>
    shape(await must("ip", ["route", "show", "dev", "eth0"]));
  expect(await routes(both)).toBe(await routes(plain));
  expect(networkOf(both, "eth0")).toMatchObject({ name: "kube-system/primary", default: true });
  expect(both.podIP).toBe(networkOf(both, "eth0").ips[0]);
  await both.must("ping", ["-c", "2", "-W", "2", "-I", "eth0", plain.podIP]);
  await both.must("ping", ["-c", "2", "-W", "2", "10.244.1.1"]);
});

clusterScenario(
  "A pod gets the addresses and the MAC address that its annotation asks for",
  {},
  async (cluster) => {
    const wish = {
      name: "blue",
      ips: ["10.81.1.77/24"],
      mac: "02:00:00:00:00:77",
      interface: "fast",
    };
    const pod = await runPod(cluster, "a", { networks: JSON.stringify([wish]) });
    expect(networkOf(pod, "fast")).toMatchObject({
      ips: expect.arrayContaining(["10.81.1.77"]),
      mac: "02:00:00:00:00:77",
    });
  },
);

clusterScenario(
  "An address that another pod has is refused in words that kubectl shows",
  {},
  async (cluster) => {
    const networks = JSON.stringify([{ name: "blue", ips: ["10.81.1.77/24"] }]);
    await runPod(cluster, "first", { networks });
    await createPod(cluster, "second", { networks });
    const said = async () => (await eventsOf(cluster, "second")).join("\n");
    const isRefused = (events: string) => events.includes("FailedCreatePodSandBox");
    expect(await until("the second one is refused", said, isRefused)).toContain("10.81.1.77");
    await deletePod(cluster, "second");
    expect(await cluster.agent.client.attachments()).toHaveLength(1);
  },
);

clusterScenario("A deleted pod leaves nothing on the node", {}, async (cluster) => {
  await runPod(cluster, "a", { networks: "blue,lan" });
  const { attachments } = cluster.agent.client;
  expect((await attachments()).map(({ ifname }) => ifname).sort()).toEqual(["net1", "net2"]);
  await deletePod(cluster, "a");
  await expectNodeClean(cluster);
});
