import { expect } from "vitest";
import type { FabricNode } from "../../src/fabric/fabric.ts";
import { flannelConfig, startFlannel, whatFlannelLacks } from "../fixtures/flannel.ts";
import { flannelEntries, flannelMac } from "../fixtures/flannel-kernel.ts";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { fabricAnnotations } from "../fixtures/kube-nodes.ts";
import { until } from "../fixtures/kube-wait.ts";

const POD_CIDR = "10.244.1.0/24";

const own = (mac: string): FabricNode => ({
  name: "a",
  vteps: [{ udpPort: 8472, address4: "192.0.2.11", address6: "" }],
  networks: [{ vni: 1, udpPort: 8472, mac, prefixes: [POD_CIDR], endpoints: [] }],
});

kubeScenario(
  "flanneld takes our node for one of its own, and we take its node for one of ours",
  async (lab) => {
    const { api, kubeconfig } = lab.kube;
    const [a, b] = [await lab.addHost("a", 11), await lab.addHost("b", 12)];
    await api.createNode("a", [POD_CIDR]);
    await api.createNode("b", ["10.244.2.0/24"]);
    const flannel = await startFlannel(lab.scope, {
      ...{ namespace: b, nodeName: "b", iface: "eth0" },
      store: { kubeconfig: kubeconfig("flannel") },
      config: flannelConfig({ network: "10.244.0.0/16" }),
    });
    const driver = await lab.startDriver(a, {
      ...{ nodeName: "a", annotations: "both", own: own("0a:00:00:00:00:0b") },
    });
    await until("the flannel node", () => driver.nodes.get("b"), Boolean);
    const mac = await flannelMac(b, "flannel.1");
    expect(driver.nodes.get("b")).toEqual({
      name: "b",
      vteps: [{ udpPort: 8472, address4: "192.0.2.12", address6: "" }],
      networks: [{ vni: 1, udpPort: 8472, mac, prefixes: ["10.244.2.0/24"], endpoints: [] }],
    });
    // Byte for byte what we would write of such a node.
    const theirs = await api.annotations("b");
    expect(theirs["flannel.alpha.coreos.com/backend-data"]).toBe(`{"VNI":1,"VtepMAC":"${mac}"}`);

    const entries = () => flannelEntries(b, "flannel.1", POD_CIDR);
    const untilEntry = (neighbour: string, destination: string) =>
      until(
        `flanneld has ${neighbour} at ${destination}`,
        entries,
        (now) => now.neighbour === neighbour && now.destination === destination && now.routed,
      );
    await untilEntry("0a:00:00:00:00:0b", "192.0.2.11");

    // An address that people set, as for a node behind NAT, goes before that of the VTEP.
    await api.annotate("a", { "flannel.alpha.coreos.com/public-ip-overwrite": "192.0.2.99" });
    await untilEntry("0a:00:00:00:00:0b", "192.0.2.99");
    await api.annotate("a", { "flannel.alpha.coreos.com/public-ip-overwrite": null });
    await untilEntry("0a:00:00:00:00:0b", "192.0.2.11");
    await driver.publish(own("0a:00:00:00:00:0c"));
    await untilEntry("0a:00:00:00:00:0c", "192.0.2.11");

    // A flanneld that comes back finds its MAC in the annotations, so nothing changes for us.
    const told = driver.told.length;
    await flannel.kill();
    await b.must("ip", ["link", "delete", "flannel.1"]);
    await flannel.start();
    expect(await flannelMac(b, "flannel.1")).toBe(mac);
    await untilEntry("0a:00:00:00:00:0c", "192.0.2.11");
    expect(driver.told.slice(told)).toEqual([]);

    // What a Millrace that ran there before has left does not go before what flanneld says.
    const left = fabricAnnotations(99);
    await api.annotate("b", left);
    const rejected = async () => (await driver.status()).rejected;
    const [one] = await until("it is said", rejected, ({ length }) => length === 1);
    expect(one?.reason).toContain(
      "kubectl annotate node b millrace.io/networks- millrace.io/vteps-;",
    );
    expect(driver.told.slice(told)).toEqual([]);
    await api.annotate("b", Object.fromEntries(Object.keys(left).map((key) => [key, null])));
    await until("nothing is rejected", rejected, ({ length }) => length === 0);
    expect(driver.told.slice(told)).toEqual([]);

    await api.deleteNode("b");
    await until(
      "the flannel node is gone",
      () => driver.nodes.has("b"),
      (known) => !known,
    );
    await api.deleteNode("a");
    await until("flanneld has removed us", entries, ({ routed }) => !routed);
    expect(await entries()).toEqual({ neighbour: "", destination: "", routed: false });
  },
  { lacks: whatFlannelLacks },
);
