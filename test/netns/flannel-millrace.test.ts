import { expect } from "vitest";
import type { RouteView } from "../../src/agent/forwarding-view.ts";
import { expectRightSums, startAgentHost, withLog } from "../fixtures/agent-host.ts";
import { FLANNEL_VNI } from "../fixtures/flannel.ts";
import { FLANNEL_NODE, openFlannelFabric } from "../fixtures/flannel-fabric.ts";
import {
  expectTraffic,
  flannelAgentConfig,
  POD_CIDR,
  untilTold,
  whatAgentAndFlannelLack,
} from "../fixtures/flannel-millrace.ts";
import { whatKubeLacks } from "../fixtures/kube.ts";
import { hostScenario } from "../fixtures/kube-hosts.ts";
import { until } from "../fixtures/kube-wait.ts";

const OUR_NODE = "a";
const THEIR_VTEP = "192.0.2.12";

hostScenario(
  "Pods of an agent and of a flannel node reach each other in one Kubernetes cluster",
  async ({ scope, addHost }) => {
    const [a, b] = [await addHost("a", 11), await addHost("b", 12)];
    const there = { namespace: b, iface: "eth0", ip4: THEIR_VTEP };
    const others = { [OUR_NODE]: [POD_CIDR] };
    const { kube, pod: theirs, podCidr } = await openFlannelFabric(scope, there, { others });
    const kubeconfig = kube.kubeconfig("millrace");
    const annotations = { annotations: "both", flannelBackendVni: FLANNEL_VNI };
    const fabric = { driver: "kubernetes", nodeName: OUR_NODE, kubeconfig, ...annotations };
    const host = await startAgentHost(scope, a, flannelAgentConfig(fabric));
    await withLog(host, async () => {
      const ours = await host.addPod("pods", "our-pod");
      const [{ mac }] = await host.millrace("vni");
      await untilTold(b, mac);
      const route = async (): Promise<RouteView | undefined> => {
        const { routes } = await host.millrace("routes", "--network", "pods");
        return routes.find(({ prefix }: RouteView) => prefix === podCidr);
      };
      const toThem = await until("our route to the flannel node", route, Boolean);
      expect(toThem?.nextHops).toMatchObject([{ address: THEIR_VTEP }]);

      await expectTraffic(scope, ours, theirs);
      await expectRightSums(a, b, ours.namespace, theirs.namespace);
      const { nodes, ...state } = await host.millrace("fabric");
      expect(nodes).toMatchObject([{ name: FLANNEL_NODE, addresses: [THEIR_VTEP] }]);
      expect(state).toMatchObject({ connected: true, rejected: [], conflicts: [] });
    });
  },
  { lacks: async () => (await whatKubeLacks()) || (await whatAgentAndFlannelLack()) },
);
