import { expect } from "vitest";
import { expectAsBefore, findVf, stateOf, vfInfo } from "../fixtures/life-cycle.ts";
import { bindTo, driverOf, pfsOf } from "../fixtures/pci.ts";
import { expectNothingLeft, sharedVfLab } from "../fixtures/vf-lab.ts";
import { IFNAME } from "../fixtures/vf-plugins.ts";
import { createVfs } from "../fixtures/vfs.ts";

const vfScenario = sharedVfLab();

const MAC = "02:00:00:00:00:78";

vfScenario(
  "A VF for a program of the pod has what its PF can set, and is given back",
  async (lab) => {
    const [pf = ""] = pfsOf("igb");
    const [address = ""] = await createVfs(lab.scope, pf, 1, { macs: ["52:54:0a:00:00:01"] });
    await bindTo(address, "vfio-pci");
    lab.scope.cleanup.defer(() => bindTo(address, ""));
    const vf = await findVf(address);
    const before = await stateOf(vf);
    expect([driverOf(address), before.netdev]).toEqual(["vfio-pci", {}]);
    const keys = { vlan: 100, vlanQoS: 3, mac: MAC, trust: "on" };
    const pod = { pod: await lab.addPod("pod"), vf: address, keys };
    const { json: result } = await lab.must("ADD", pod);
    expect(result).toEqual({
      cniVersion: "1.1.0",
      interfaces: [{ name: IFNAME, mac: MAC, sandbox: pod.pod.path, pciID: address }],
      ips: [],
    });
    const set = { address: MAC, trust: true, vlan_list: [{ vlan: 100, qos: 3 }] };
    expect(await vfInfo(vf)).toMatchObject(set);
    const check = { ...pod, keys: { ...keys, prevResult: result } };
    expect((await lab.must("CHECK", check)).stdout).toBe("");
    await lab.must("DEL", pod);
    await expectAsBefore(vf, before);
    expect(driverOf(address)).toBe("vfio-pci");
    await expectNothingLeft(lab, pod.pod);
  },
);

vfScenario("What only a netdev has is refused for a VF without one", async (lab) => {
  const [pf = ""] = pfsOf("igb");
  const [address = ""] = await createVfs(lab.scope, pf, 1, { macs: ["52:54:0a:00:00:01"] });
  await bindTo(address, "vfio-pci");
  lab.scope.cleanup.defer(() => bindTo(address, ""));
  const vf = await findVf(address);
  const before = await stateOf(vf);
  const pod = { pod: await lab.addPod("pod"), vf: address, keys: { vlan: 5, mtu: 1400 } };
  const { json } = await lab.call("ADD", pod);
  expect(json.code).toBe(7);
  expect(json.details).toContain(`mtu = 1400: VF ${address} has no netdev: its driver is vfio-pci`);
  await expectAsBefore(vf, before);
  await expectNothingLeft(lab, pod.pod);
});
