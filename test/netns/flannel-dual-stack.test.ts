import { expect } from "vitest";
import type { FabricNode } from "../../src/fabric/fabric.ts";
import { flannelConfig, startFlannel, whatFlannelLacks } from "../fixtures/flannel.ts";
import { flannelEntries, flannelMac } from "../fixtures/flannel-kernel.ts";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { until } from "../fixtures/kube-wait.ts";

const POD_CIDRS = ["10.244.1.0/24", "fd00:244:0:1::/64"] as const;
const MAC = "0a:00:00:00:00:0b";
// Not flannel's own, so that it must have come from our configuration.
const PORT = 4789;
const VNI = 77;

const own: FabricNode = {
  name: "a",
  vteps: [{ udpPort: PORT, address4: "192.0.2.11", address6: "2001:db8::11" }],
  networks: [{ vni: VNI, udpPort: PORT, mac: MAC, prefixes: [...POD_CIDRS], endpoints: [] }],
};

kubeScenario(
  "a flannel node with two address families has a MAC and an underlay for each",
  async (lab) => {
    const { api, kubeconfig } = lab.kube;
    const [a, b] = [await lab.addHost("a", 11), await lab.addHost("b", 12)];
    await api.createNode("a", POD_CIDRS);
    await api.createNode("b", ["10.244.2.0/24", "fd00:244:0:2::/64"]);
    await startFlannel(lab.scope, {
      ...{ namespace: b, nodeName: "b", iface: "eth0" },
      store: { kubeconfig: kubeconfig("flannel") },
      config: flannelConfig({
        ...{ network: "10.244.0.0/16", network6: "fd00:244::/48" },
        backend: { VNI, Port: PORT },
      }),
    });
    const driver = await lab.startDriver(a, {
      ...{ nodeName: "a", annotations: "flannel", flannelBackendVni: VNI, own },
    });
    await until("the flannel node", () => driver.nodes.get("b"), Boolean);
    const [mac4, mac6] = [
      await flannelMac(b, `flannel.${VNI}`),
      await flannelMac(b, `flannel-v6.${VNI}`),
    ];
    expect(mac4).not.toBe(mac6);
    const network = { vni: VNI, udpPort: PORT, endpoints: [] };
    expect(driver.nodes.get("b")).toEqual({
      name: "b",
      vteps: [{ udpPort: PORT, address4: "192.0.2.12", address6: "2001:db8::12" }],
      networks: [
        { ...network, mac: mac4, prefixes: ["10.244.2.0/24"] },
        { ...network, mac: mac6, prefixes: ["fd00:244:0:2::/64"] },
      ],
    });

    const found = [
      [`flannel.${VNI}`, POD_CIDRS[0], "192.0.2.11"],
      [`flannel-v6.${VNI}`, POD_CIDRS[1], "2001:db8::11"],
    ] as const;
    for (const [device, prefix, destination] of found) {
      await until(
        `entries of ${device}`,
        () => flannelEntries(b, device, prefix),
        (now) => now.neighbour === MAC && now.destination === destination && now.routed,
      );
    }
    const keys = Object.keys(await api.annotations("a"));
    expect(keys.filter((key) => key.startsWith("millrace.io/"))).toEqual([]);
    const theirs = Object.keys(await api.annotations("b"));
    expect(keys.sort()).toEqual(theirs.sort());
  },
  { lacks: whatFlannelLacks },
);
