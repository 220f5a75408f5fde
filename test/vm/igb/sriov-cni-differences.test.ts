import { expect } from "vitest";
import { must } from "../../harness/run.ts";
import { ifnameOf } from "../fixtures/pci.ts";
import { attachByBoth, comeAndGo, mustCall, vfPeers } from "../fixtures/vf-peers.ts";
import type { VfPlugin } from "../fixtures/vf-plugins.ts";
import { stateOnNode } from "../fixtures/vf-state.ts";

const peersScenario = vfPeers();

const MAC = "02:00:00:00:00:77";

peersScenario(
  "Without keys sriov-cni leaves spoof checking and trust as they are, Millrace has them on and off",
  async (peers) => {
    const [vf] = peers.vfs;
    const knobs = ["vf", String(vf.index), "spoofchk", "off", "trust", "on"];
    await must("ip", ["link", "set", ifnameOf(vf.pf), ...knobs]);
    const [theirs, ours] = await attachByBoth(peers, await peers.addPod("pod"), {});
    expect(theirs.attached.pf).toMatchObject({ spoofchk: false, trust: true });
    expect(ours.attached.pf).toMatchObject({ spoofchk: true, trust: false });
    expect(theirs.after).toEqual(theirs.before);
    expect(ours.after).toEqual(ours.before);
  },
);

peersScenario(
  "A MAC without trust: igb refuses it to sriov-cni, not to Millrace",
  async (peers) => {
    const { vfs, sriovCni, millrace, addPod } = peers;
    const pod = { pod: await addPod("pod"), vf: vfs[0].address, keys: { mac: MAC } };
    const refused = await sriovCni.call("ADD", pod);
    expect(refused.json.msg).toContain("failed to set netlink MAC address");
    const { json } = await mustCall(millrace, "ADD", pod);
    expect(json.interfaces[0]).toMatchObject({ mac: MAC });
    await mustCall(millrace, "DEL", pod);
  },
);

peersScenario(
  "A key or value that is unknown: sriov-cni goes on, Millrace names it",
  async (peers) => {
    const { vfs, sriovCni, millrace, addPod } = peers;
    const pod = { pod: await addPod("pod"), vf: vfs[0].address };
    const unknown: [Record<string, unknown>, number][] = [
      [{ trust: "yes" }, 7],
      [{ spoofchk: true }, 7],
      [{ vlann: 100 }, 2],
    ];
    for (const [keys, code] of unknown) {
      const [key = ""] = Object.keys(keys);
      const { json } = await millrace.call("ADD", { ...pod, keys });
      expect(json.code, key).toBe(code);
      expect(`${json.msg} ${json.details}`).toContain(key);
    }
    await mustCall(sriovCni, "ADD", { ...pod, keys: { trust: "yes", vlann: 100 } });
    expect((await stateOnNode(vfs[0])).pf).toMatchObject({ trust: false, vlan_list: [{}] });
    await mustCall(sriovCni, "DEL", pod);
  },
);

peersScenario("A VF that was up on the node: only Millrace leaves it up", async (peers) => {
  const { vfs, sriovCni, millrace, addPod } = peers;
  const [vf] = vfs;
  const pod = { pod: await addPod("pod"), vf: vf.address };
  const attempt = async (plugin: VfPlugin) => {
    await must("ip", ["link", "set", ifnameOf(vf.address), "up"]);
    return await comeAndGo(plugin, vf, pod);
  };
  expect((await attempt(sriovCni)).after.netdev).toMatchObject({ up: false });
  const { before, after } = await attempt(millrace);
  expect(after).toEqual(before);
});

peersScenario("Only sriov-cni changes how the pod's kernel announces addresses", async (peers) => {
  const { vfs, sriovCni, millrace, addPod } = peers;
  const pod = { pod: await addPod("pod"), vf: vfs[0].address };
  const settings = async (plugin: VfPlugin) => {
    await mustCall(plugin, "ADD", pod);
    const keys = ["ipv4/conf/net1/arp_notify", "ipv6/conf/net1/ndisc_notify"];
    const paths = [...keys, "ipv6/conf/net1/optimistic_dad"].map((key) => `/proc/sys/net/${key}`);
    const { stdout } = await pod.pod.run("cat", paths);
    await mustCall(plugin, "DEL", pod);
    return stdout.split("\n").filter(Boolean);
  };
  expect(await settings(sriovCni)).toEqual(["1", "1", "1"]);
  expect(await settings(millrace)).toEqual(["0", "0", "0"]);
});
