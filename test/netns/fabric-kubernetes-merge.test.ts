import { expect } from "vitest";
import type { FabricNode } from "../../src/fabric/fabric.ts";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { until } from "../fixtures/kube-wait.ts";

const FLANNEL = "flannel.alpha.coreos.com";
const own: FabricNode = {
  name: "a",
  vteps: [{ udpPort: 8472, address4: "192.0.2.11", address6: "" }],
  networks: [
    { vni: 5, udpPort: 8472, mac: "", prefixes: [], endpoints: [] },
    {
      ...{ vni: 1, udpPort: 8472, mac: "0a:00:00:00:00:0b" },
      ...{ prefixes: ["10.244.1.0/25"], endpoints: [] },
    },
  ],
};

/** Of a flanneld that ran here before, with two address families; and of others. */
const BEFORE = {
  [`${FLANNEL}/backend-type`]: "host-gw",
  [`${FLANNEL}/backend-v6-data`]: '{"VNI":1,"VtepMAC":"0a:00:00:00:00:ff"}',
  [`${FLANNEL}/public-ipv6`]: "2001:db8::11",
};
const OTHERS = {
  [`${FLANNEL}/public-ip-overwrite`]: "198.51.100.7",
  [`${FLANNEL}/node-public-ip`]: "192.0.2.77",
  "millrace.io/note": "of somebody",
  "example.org/other": "stays",
};

kubeScenario("only annotations of the driver's own are written and removed", async (lab) => {
  const { api } = lab.kube;
  const a = await lab.addHost("a", 11);
  const stale = { "millrace.io/endpoints-4789-9": "[]" };
  await api.createNode("a", ["10.244.1.0/24"], { ...BEFORE, ...OTHERS, ...stale });
  const before = await api.annotations("a");
  const driver = await lab.startDriver(a, { nodeName: "a", annotations: "both", own });
  const after = await until(
    "our annotations",
    () => api.annotations("a"),
    (now) => now["millrace.io/vteps"] !== undefined,
  );
  expect(after).toEqual({
    ...OTHERS,
    "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    [`${FLANNEL}/kube-subnet-manager`]: "true",
    [`${FLANNEL}/backend-type`]: "vxlan",
    [`${FLANNEL}/backend-data`]: '{"VNI":1,"VtepMAC":"0a:00:00:00:00:0b"}',
    [`${FLANNEL}/public-ip`]: "198.51.100.7",
    "millrace.io/vteps": '[{"udpPort":8472,"address4":"192.0.2.11","address6":""}]',
    "millrace.io/networks":
      '[{"vni":5,"udpPort":8472,"mac":"","prefixes":[]},' +
      '{"vni":1,"udpPort":8472,"mac":"0a:00:00:00:00:0b","prefixes":["10.244.1.0/25"]}]',
  });
  expect((await driver.status()).rejected).toEqual([]);
  await driver.close();

  // flannel's are a flanneld's as long as only ours are asked for.
  await api.annotate("a", { ...before, [`${FLANNEL}/backend-data`]: "theirs" });
  const ours = await lab.startDriver(a, { nodeName: "a", annotations: "millrace", own });
  await until(
    "our own",
    () => api.annotations("a"),
    (now) => now["millrace.io/endpoints-4789-9"] === undefined,
  );
  expect(await api.annotations("a")).toMatchObject({
    ...{ ...BEFORE, ...OTHERS, [`${FLANNEL}/backend-data`]: "theirs" },
  });
  await ours.close();
});
