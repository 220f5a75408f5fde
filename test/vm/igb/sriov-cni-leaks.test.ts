import { expect } from "vitest";
import type { VirtualFunction } from "../../../sriov/types.ts";
import { waitFor } from "../../fixtures/wait.ts";
import { must } from "../../harness/run.ts";
import { ifnameOf } from "../fixtures/pci.ts";
import { mustCall, vfPeers } from "../fixtures/vf-peers.ts";
import { IFNAME, type VfPlugin, type VfPod } from "../fixtures/vf-plugins.ts";
import { isOnNode, stateInPod, stateOnNode } from "../fixtures/vf-state.ts";

// What sriov-cni 2.10.0 does, and its main branch of July 2026; with a later one that leaks no more these
// fail, and are to say so.
const peersScenario = vfPeers();

const MACS = { "sriov-cni": "02:00:00:00:00:77", millrace: "02:00:00:00:00:88" };
const keysFor = ({ name }: VfPlugin) => ({ vlan: 100, mac: MACS[name], trust: "on" });

peersScenario(
  "A knob that igb refuses: sriov-cni leaves those before it set, Millrace none",
  async ({ vfs: [theirs, ours], sriovCni, millrace, addPod }) => {
    const pod = await addPod("pod");
    const attempt = async (plugin: VfPlugin, vf: VirtualFunction) => {
      const keys = { ...keysFor(plugin), min_tx_rate: 10, max_tx_rate: 100 };
      const call = { pod, vf: vf.address, keys };
      const before = await stateOnNode(vf);
      const { json } = await plugin.call("ADD", call);
      expect(`${json.msg} ${json.details}`).toMatch(/min_tx_rate/);
      // As runtimes do after an ADD that failed.
      await mustCall(plugin, "DEL", call);
      return { before, after: await stateOnNode(vf) };
    };
    const leaked = await attempt(sriovCni, theirs);
    expect(leaked.before.pf).toMatchObject({ mac: "52:54:0a:00:00:01", vlan_list: [{}] });
    expect(leaked.after.pf).toMatchObject({ mac: MACS["sriov-cni"], vlan_list: [{ vlan: 100 }] });
    const { before, after } = await attempt(millrace, ours);
    expect(after).toEqual(before);
  },
);

peersScenario(
  "A DEL that failed once: sriov-cni has forgotten the VF, Millrace gives it back at the next",
  async ({ vfs: [theirs, ours], sriovCni, millrace, addPod }) => {
    const attempt = async (plugin: VfPlugin, vf: VirtualFunction) => {
      const call = { pod: await addPod(plugin.name), vf: vf.address, keys: keysFor(plugin) };
      const before = await stateOnNode(vf);
      const name = ifnameOf(vf.address);
      await mustCall(plugin, "ADD", call);
      await must("ip", ["link", "add", name, "type", "dummy"]);
      expect((await plugin.call("DEL", call)).exitCode).not.toBe(0);
      await must("ip", ["link", "delete", name]);
      await mustCall(plugin, "DEL", call);
      const inPod = (await call.pod.links()).map(({ ifname }) => ifname);
      return { name, before, after: await stateOnNode(vf), inPod };
    };
    const leaked = await attempt(sriovCni, theirs);
    expect(leaked.after.netdev).toBe(null);
    expect(leaked.inPod).toEqual(["lo", leaked.name]);
    const { before, after, inPod } = await attempt(millrace, ours);
    expect(after).toEqual(before);
    expect(inPod).toEqual(["lo"]);
  },
);

peersScenario(
  "A namespace that has gone before DEL: sriov-cni leaves name and MAC of the pod, Millrace neither",
  async ({ vfs: [theirs, ours], sriovCni, millrace, addPod }) => {
    const attempt = async (plugin: VfPlugin, vf: VirtualFunction) => {
      const call = { pod: await addPod(plugin.name), vf: vf.address, keys: keysFor(plugin) };
      const before = await stateOnNode(vf);
      await mustCall(plugin, "ADD", call);
      await lose(call, vf);
      await mustCall(plugin, "DEL", call);
      return { before, after: await stateOnNode(vf) };
    };
    const leaked = await attempt(sriovCni, theirs);
    const mac = MACS["sriov-cni"];
    expect(leaked.after.pf).toEqual(leaked.before.pf);
    expect(leaked.after.netdev).toEqual({ ...leaked.before.netdev, ifname: IFNAME, mac });
    const { before, after } = await attempt(millrace, ours);
    expect(after).toEqual(before);
  },
);

peersScenario(
  "A late DEL: sriov-cni takes the VLAN from the pod that has the VF by now",
  async ({ vfs: [vf], sriovCni, addPod }) => {
    const first = { pod: await addPod("first"), vf: vf.address, keys: keysFor(sriovCni) };
    const next = { pod: await addPod("next"), vf: vf.address, keys: { vlan: 200 } };
    await mustCall(sriovCni, "ADD", first);
    await lose(first, vf);
    await mustCall(sriovCni, "ADD", next);
    expect((await stateInPod(vf, next.pod, IFNAME)).pf).toMatchObject({
      vlan_list: [{ vlan: 200 }],
    });
    await mustCall(sriovCni, "DEL", first);
    const { pf, netdev } = await stateInPod(vf, next.pod, IFNAME);
    expect([pf["vlan_list"], netdev?.["up"]]).toEqual([[{}], true]);
    await mustCall(sriovCni, "DEL", next);
    // What it had found at the second ADD was the first pod's.
    const left = await stateOnNode(vf);
    expect(left.pf).toMatchObject({ vlan_list: [{ vlan: 100 }] });
    expect(left.netdev).toMatchObject({ ifname: IFNAME });
  },
);

peersScenario(
  "A late DEL: Millrace lets the next pod wait for it, and changes nothing when it comes again",
  async ({ vfs: [vf], millrace, addPod }) => {
    const first = { pod: await addPod("first"), vf: vf.address, keys: keysFor(millrace) };
    const next = { pod: await addPod("next"), vf: vf.address, keys: { vlan: 200 } };
    const before = await stateOnNode(vf);
    await mustCall(millrace, "ADD", first);
    await lose(first, vf);
    // CNI spec 1.1.0, section 5, Error: 11 is "try again later", as the kubelet does.
    expect((await millrace.call("ADD", next)).json).toMatchObject({ code: 11 });
    await mustCall(millrace, "DEL", first);
    expect(await stateOnNode(vf)).toEqual(before);
    await mustCall(millrace, "ADD", next);
    const attached = await stateInPod(vf, next.pod, IFNAME);
    expect(attached.pf).toMatchObject({ vlan_list: [{ vlan: 200 }] });
    await mustCall(millrace, "DEL", first);
    expect(await stateInPod(vf, next.pod, IFNAME)).toEqual(attached);
    await mustCall(millrace, "DEL", next);
    expect(await stateOnNode(vf)).toEqual(before);
  },
);

/** The pod's namespace goes without DEL, as when a runtime is killed with its pods. */
async function lose({ pod }: VfPod, { address }: VirtualFunction): Promise<void> {
  await pod.remove();
  await waitFor("the VF on the node", () => isOnNode(address), Boolean, 20_000);
}
