import { expect } from "vitest";
import { until } from "../fixtures/kube-wait.ts";
import type { Cluster } from "./fixtures/cluster.ts";
import { addFakeNic, PF, RESOURCE, SRIOV, VFS } from "./fixtures/fake-nic.ts";
import { NODE_NAME } from "./fixtures/kubelet.ts";
import { expectNodeClean } from "./fixtures/leaks.ts";
import {
  createPod,
  deletePod,
  environmentOf,
  eventsOf,
  networkOf,
  noteOf,
  runPod,
  untilRunning,
} from "./fixtures/pods.ts";
import { clusterScenario } from "./fixtures/scenario.ts";

const options = { prepare: addFakeNic, config: { sriov: SRIOV } };
const resources = { [RESOURCE]: "1" };

clusterScenario(
  "The kubelet gives VFs of a pool to pods that ask for the resource, until there are no more",
  options,
  async (cluster) => {
    await untilOffered(cluster);
    const [a, b] = [
      await runPod(cluster, "a", { resources }),
      await runPod(cluster, "b", { resources }),
    ];
    const given = [a, b].map((pod) => environmentOf(cluster, pod));
    const addresses = (await Promise.all(given)).map(
      ({ PCIDEVICE_MILLRACE_IO_FAST: address }) => address,
    );
    expect(addresses.sort()).toEqual(VFS);
    await createPod(cluster, "c", { resources });
    const events = () => eventsOf(cluster, "c");
    const isRefused = (said: string[]) => said.join().includes(`Insufficient ${RESOURCE}`);
    await until("the third pod finds no VF", events, isRefused);
    await deletePod(cluster, "a");
    await untilRunning(cluster, "c");
  },
);

clusterScenario(
  "Containers are told of their VF by the variables of the established device plugin",
  options,
  async (cluster) => {
    await untilOffered(cluster);
    const env = await environmentOf(cluster, await runPod(cluster, "a", { resources }));
    const address = env["PCIDEVICE_MILLRACE_IO_FAST"] ?? "";
    expect(VFS).toContain(address);
    expect(JSON.parse(env["PCIDEVICE_MILLRACE_IO_FAST_INFO"] ?? "")).toEqual({
      [address]: { generic: { deviceID: address } },
    });
    const files = await cluster.node.must("ls", ["/run/k8s.cni.cncf.io/devinfo/dp"]);
    expect(files).toContain(address);
  },
);

clusterScenario(
  "A pod gets a port of the ring loop and the VF that the kubelet has chosen for it",
  options,
  async (cluster) => {
    await untilOffered(cluster);
    const pod = await runPod(cluster, "a", { networks: "blue, fast", resources });
    const { PCIDEVICE_MILLRACE_IO_FAST: address } = await environmentOf(cluster, pod);
    expect(networkOf(pod, "net1")).toMatchObject({ name: "default/blue", mtu: 1500 });
    expect(networkOf(pod, "net2")).toMatchObject({
      name: "default/fast",
      "device-info": { type: "pci", pci: { "pci-address": address } },
    });
    const note = { mode: "vf", pciAddress: address, pool: RESOURCE };
    expect(await noteOf(cluster, "a", "net2")).toEqual(note);
    const attachments = await cluster.agent.client.attachments();
    expect(attachments.find(({ ifname }) => ifname === "net2")).toMatchObject({
      key: `${pod.sandbox}:net2`,
      state: "attached",
      vf: { address, pool: RESOURCE },
    });
    await deletePod(cluster, "a");
    await expectNodeClean(cluster, ["cni0", PF]);
  },
);

async function untilOffered({ kube }: Cluster): Promise<void> {
  const offered = async (): Promise<string> =>
    (await kube.api.request("GET", `/api/v1/nodes/${NODE_NAME}`)).status.allocatable[RESOURCE];
  await until("the node offers the VFs", offered, (count) => count === `${VFS.length}`);
}
