import { expect } from "vitest";
import type { FabricNode } from "../../src/fabric/fabric.ts";
import { whatFlannelLacks } from "../fixtures/flannel.ts";
import { addRoutedPod, FLANNEL_NODE, openFlannelFabric } from "../fixtures/flannel-fabric.ts";
import { flannelEntries, programVxlan } from "../fixtures/flannel-kernel.ts";
import { whatKubeLacks } from "../fixtures/kube.ts";
import { startKubeDriver } from "../fixtures/kube-driver.ts";
import { hostScenario } from "../fixtures/kube-hosts.ts";
import { until } from "../fixtures/kube-wait.ts";
import { mustPing } from "../fixtures/ping.ts";

const POD_CIDR = "10.244.1.0/24";
const MAC = "0a:00:00:00:00:0b";
const own: FabricNode = {
  name: "a",
  vteps: [{ udpPort: 8472, address4: "192.0.2.11", address6: "" }],
  networks: [{ vni: 1, udpPort: 8472, mac: MAC, prefixes: [POD_CIDR], endpoints: [] }],
};

hostScenario(
  "packets go both ways between a flannel node and one that does what the driver says",
  async ({ scope, addHost }) => {
    const [a, b] = [await addHost("a", 11), await addHost("b", 12)];
    const host = { namespace: b, iface: "eth0", ip4: "192.0.2.12" };
    const fabric = await openFlannelFabric(scope, host, { others: { a: [POD_CIDR] } });
    const driver = await startKubeDriver(scope, a, {
      ...{ nodeName: "a", annotations: "both", own },
      kubeconfig: fabric.kube.kubeconfig("millrace"),
    });
    const peer = await until("the flannel node", () => driver.nodes.get(FLANNEL_NODE), Boolean);
    expect(peer?.networks[0]?.prefixes).toEqual([fabric.podCidr]);
    if (peer !== undefined) await programVxlan(a, own, peer);
    const entries = () => flannelEntries(b, "flannel.1", POD_CIDR);
    await until("flannel's route to us", entries, ({ routed }) => routed);

    const pod = await addRoutedPod(scope, a, "our-pod", POD_CIDR);
    await mustPing(pod, fabric.pod.ip4);
    await mustPing(fabric.pod, pod.ip4);
    // The largest that flannel's pods send.
    await mustPing(pod, fabric.pod.ip4, { extra: ["-M", "do", "-s", "1422"] });
  },
  { lacks: async () => (await whatKubeLacks()) || (await whatFlannelLacks()) },
);
