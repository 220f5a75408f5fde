import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { FabricNode } from "../../src/fabric/fabric.ts";
import { flannelConfig, startFlannel, whatFlannelLacks } from "../fixtures/flannel.ts";
import { startFlannelEtcd } from "../fixtures/flannel-etcd.ts";
import { addRoutedPod } from "../fixtures/flannel-fabric.ts";
import { flannelEntries, flannelMac, programVxlan } from "../fixtures/flannel-kernel.ts";
import { whatEtcdLacks } from "../fixtures/kube-etcd.ts";
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
  "flanneld with etcd takes what we write for a node of its own, and we read what it writes",
  async ({ scope, addHost }) => {
    const [a, b] = [await addHost("a", 11), await addHost("b", 12)];
    const network = { network: "10.244.0.0/16" };
    const etcd = await startFlannelEtcd(scope, b, { address: "192.0.2.12", ...network });
    await etcd.addNode(own, POD_CIDR);
    await startFlannel(scope, {
      ...{ namespace: b, nodeName: "b", iface: "eth0" },
      ...{ store: { etcd: etcd.url }, config: flannelConfig(network) },
    });
    const peer = await etcd.flannelNode();
    const podCidr = peer.networks[0]?.prefixes[0] ?? "";
    const mac = await flannelMac(b, "flannel.1");
    expect(peer.vteps).toEqual([{ udpPort: 8472, address4: "192.0.2.12", address6: "" }]);
    expect(peer.networks).toMatchObject([{ vni: 1, mac }]);
    expect(podCidr).not.toBe(POD_CIDR);
    // Read one after the other, so a route may be there whose neighbour was not a moment before.
    const entries = () => flannelEntries(b, "flannel.1", POD_CIDR);
    const wanted = { neighbour: MAC, destination: "192.0.2.11", routed: true };
    await until("flannel's entries for us", entries, (now) => isDeepStrictEqual(now, wanted));

    await programVxlan(a, own, peer);
    const theirs = await addRoutedPod(scope, b, "flannel-pod", podCidr);
    const ours = await addRoutedPod(scope, a, "our-pod", POD_CIDR);
    await mustPing(ours, theirs.ip4);
    await mustPing(theirs, ours.ip4);
  },
  { lacks: async () => whatEtcdLacks() || (await whatFlannelLacks()) },
);
