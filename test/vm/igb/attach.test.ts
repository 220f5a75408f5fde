import { expect } from "vitest";
import { createNamespace } from "../../harness/namespace.ts";
import { expectAsBefore, findVf, podLink, stateOf, vfInfo } from "../fixtures/life-cycle.ts";
import { pfsOf } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { IFNAME, startVfPlugin } from "../fixtures/vf-plugins.ts";
import { createVfs } from "../fixtures/vfs.ts";

const MAC = "02:00:00:00:00:78";

guestScenario("A pod gets a VF with all that it asked for, and gives it back", async (scope) => {
  const [pf = ""] = pfsOf("igb");
  const [address = ""] = await createVfs(scope, pf, 1, { macs: ["52:54:0a:00:00:01"] });
  const [vf, pod] = [await findVf(address), await createNamespace(scope, "pod")];
  const before = await stateOf(vf);
  const millrace = await startVfPlugin(scope);
  const keys = { vlan: 100, vlanQoS: 3, mac: MAC, trust: "on", max_tx_rate: 500, mtu: 1400 };
  const call = { pod, vf: address, keys };
  const added = await millrace.call("ADD", call);
  expect(added.json).toEqual({
    cniVersion: "1.1.0",
    interfaces: [{ name: IFNAME, mac: MAC, mtu: 1400, sandbox: pod.path, pciID: address }],
    ips: [],
  });
  expect(await podLink(pod)).toMatchObject({ address: MAC, mtu: 1400 });
  expect(await vfInfo(vf)).toMatchObject({
    ...{ address: MAC, trust: true, spoofchk: true },
    vlan_list: [{ vlan: 100, qos: 3 }],
    rate: { max_tx: 500 },
  });
  const check = { ...call, keys: { ...keys, prevResult: added.json } };
  expect((await millrace.call("CHECK", check)).stdout).toBe("");
  expect((await millrace.call("DEL", call)).stdout).toBe("");
  await expectAsBefore(vf, before);
  expect((await millrace.call("DEL", call)).stdout).toBe("");
});
