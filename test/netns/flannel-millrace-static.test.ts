import type { FabricNode } from "../../src/fabric/fabric.ts";
import { expectRightSums, startAgentHost, withLog } from "../fixtures/agent-host.ts";
import { FLANNEL_PORT, FLANNEL_VNI, flannelConfig, startFlannel } from "../fixtures/flannel.ts";
import { startFlannelEtcd } from "../fixtures/flannel-etcd.ts";
import { addRoutedPod, FLANNEL_NETWORK } from "../fixtures/flannel-fabric.ts";
import {
  expectTraffic,
  flannelAgentConfig,
  POD_CIDR,
  staticNode,
  untilTold,
  VTEP,
  whatAgentAndFlannelLack,
} from "../fixtures/flannel-millrace.ts";
import { whatEtcdLacks } from "../fixtures/kube-etcd.ts";
import { hostScenario } from "../fixtures/kube-hosts.ts";

const own = (mac: string): FabricNode => ({
  name: "a",
  vteps: [{ udpPort: FLANNEL_PORT, address4: VTEP, address6: "" }],
  networks: [{ vni: FLANNEL_VNI, udpPort: FLANNEL_PORT, mac, prefixes: [POD_CIDR], endpoints: [] }],
});

hostScenario(
  "Pods of an agent and of a flannel node reach each other when each is told of the other",
  async ({ scope, addHost }) => {
    const [a, b] = [await addHost("a", 11), await addHost("b", 12)];
    const network = { network: FLANNEL_NETWORK };
    const etcd = await startFlannelEtcd(scope, b, { address: "192.0.2.12", ...network });
    // Taken before flanneld takes one for itself; the MAC is known when the agent runs.
    await etcd.addNode(own("0a:00:00:00:00:0b"), POD_CIDR);
    await startFlannel(scope, {
      ...{ namespace: b, nodeName: "b", iface: "eth0" },
      ...{ store: { etcd: etcd.url }, config: flannelConfig(network) },
    });
    const peer = await etcd.flannelNode();
    const theirs = await addRoutedPod(scope, b, "flannel-pod", peer.networks[0]?.prefixes[0] ?? "");
    const fabric = { driver: "static", nodes: [staticNode(peer)] };
    const host = await startAgentHost(scope, a, flannelAgentConfig(fabric));
    await withLog(host, async () => {
      const [{ mac }] = await host.millrace("vni");
      await etcd.addNode(own(mac), POD_CIDR);
      await untilTold(b, mac);

      const ours = await host.addPod("pods", "our-pod");
      await expectTraffic(scope, ours, theirs);
      await expectRightSums(a, b, ours.namespace, theirs.namespace);
    });
  },
  { lacks: async () => whatEtcdLacks() || (await whatAgentAndFlannelLack()) },
);
