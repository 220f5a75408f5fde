import { expect } from "vitest";
import { attachByBoth, VF_MACS, vfPeers } from "../fixtures/vf-peers.ts";
import { IFNAME, type VfPod } from "../fixtures/vf-plugins.ts";
import { stateOnNode } from "../fixtures/vf-state.ts";

const peersScenario = vfPeers();

const MAC = "02:00:00:00:00:77";
const OTHER_MACS = ["02:00:00:00:00:78", "02:00:00:00:00:79"] as const;

/** What a pod asks for, and what the PF has of its VF then. */
interface Case extends Pick<VfPod, "keys" | "args"> {
  becomes: Record<string, unknown>;
}

// igb takes no address from a VF without trust, even when the PF has set that very one.
const TRUST = { trust: "on" };

const CASES: Record<string, Record<string, Case>> = {
  "no key": {
    "no key": { becomes: { mac: VF_MACS[0], vlan_list: [{}], spoofchk: true, trust: false } },
  },
  "the VLAN keys": {
    vlan: { keys: { vlan: 100 }, becomes: { vlan_list: [{ vlan: 100 }] } },
    "vlan = 0": { keys: { vlan: 0 }, becomes: { vlan_list: [{}] } },
    vlanQoS: { keys: { vlan: 9, vlanQoS: 3 }, becomes: { vlan_list: [{ vlan: 9, qos: 3 }] } },
    vlanProto: {
      keys: { vlan: 100, vlanProto: "802.1Q" },
      becomes: { vlan_list: [{ vlan: 100 }] },
    },
  },
  "the MAC by any key": {
    mac: { keys: { mac: MAC, ...TRUST }, becomes: { mac: MAC } },
    "MAC of CNI_ARGS": {
      keys: { mac: OTHER_MACS[0], ...TRUST },
      args: { MAC },
      becomes: { mac: MAC },
    },
    "runtimeConfig.mac": {
      keys: { mac: OTHER_MACS[0], runtimeConfig: { mac: MAC.toUpperCase() }, ...TRUST },
      args: { MAC: OTHER_MACS[1] },
      becomes: { mac: MAC },
    },
  },
  "spoofchk and trust": {
    "spoofchk = on": { keys: { spoofchk: "on" }, becomes: { spoofchk: true } },
    "spoofchk = off": { keys: { spoofchk: "off" }, becomes: { spoofchk: false } },
    "trust = on": { keys: TRUST, becomes: { trust: true } },
    "trust = off": { keys: { trust: "off" }, becomes: { trust: false } },
  },
  max_tx_rate: {
    max_tx_rate: { keys: { max_tx_rate: 200 }, becomes: { rate: { max_tx: 200, min_tx: 0 } } },
    "all at once": {
      keys: { vlan: 100, mac: MAC, spoofchk: "off", max_tx_rate: 200, ...TRUST },
      becomes: { mac: MAC, vlan_list: [{ vlan: 100 }], spoofchk: false, trust: true },
    },
  },
};

for (const [group, cases] of Object.entries(CASES)) {
  peersScenario(`With ${group} both make the same of a VF, and DEL undoes it`, async (peers) => {
    const pod = await peers.addPod("pod");
    for (const [what, { becomes, ...asked }] of Object.entries(cases)) {
      const [theirs, ours] = await attachByBoth(peers, pod, asked);
      expect(theirs.attached.pf, what).toMatchObject(becomes);
      expect(theirs.attached.netdev, what).toMatchObject({ ifname: IFNAME, up: true });
      expect(ours.attached, what).toEqual(theirs.attached);
      expect(theirs.after, what).toEqual(theirs.before);
      expect(ours.after, what).toEqual(ours.before);
    }
  });
}

/** What interfaces have beyond name, MAC and sandbox; the MTU is a key since 1.1.0. */
const INTERFACES: Record<string, Record<"theirs" | "ours", object>> = {
  "0.3.1": { theirs: {}, ours: {} },
  "0.4.0": { theirs: {}, ours: {} },
  "1.0.0": { theirs: { mtu: 1500 }, ours: {} },
  "1.1.0": { theirs: { mtu: 1500 }, ours: { mtu: 1500, pciID: expect.stringMatching(/\.\d$/) } },
};

peersScenario("The result is the same in every version but for newer keys", async (peers) => {
  const pod = await peers.addPod("pod");
  for (const [cniVersion, more] of Object.entries(INTERFACES)) {
    const [theirs, ours] = await attachByBoth(peers, pod, { cniVersion });
    const common = { name: IFNAME, mac: VF_MACS[0], sandbox: pod.path };
    const result = { cniVersion, ips: [], routes: [], dns: {} };
    const of = (own: object) => ({ ...result, interfaces: [{ ...common, ...own }] });
    expect(withLists(theirs.result)).toEqual(of(more.theirs));
    expect(withLists(ours.result)).toEqual(of(more.ours));
  }
});

/** What a result may leave out is there. */
const withLists = (result: object) => ({ ips: [], routes: [], dns: {}, ...result });

const REFUSED: Record<string, Record<string, unknown>> = {
  "a link state, which igb has not": { link_state: "enable" },
  "a lower limit, which igb has not": { min_tx_rate: 10, max_tx_rate: 100 },
  "802.1ad, which igb has not": { vlan: 100, vlanProto: "802.1ad" },
  "a VLAN that there is none": { vlan: 4095 },
  "a priority of more than three bits": { vlan: 100, vlanQoS: 8 },
  "a priority without VLAN": { vlanQoS: 3 },
  "a priority with VLAN 0": { vlan: 0, vlanQoS: 3 },
  "an unknown protocol": { vlan: 100, vlanProto: "802.1x" },
  "802.1ad with VLAN 0": { vlan: 0, vlanProto: "802.1ad" },
  "an unknown link state": { link_state: "up" },
  "an address that is none": { mac: "02:00" },
  "a device that is none": { deviceID: "0000:7f:00.0" },
};

peersScenario("What one refuses, the other refuses too, and nothing has changed", async (peers) => {
  const { vfs, sriovCni, millrace, addPod } = peers;
  const pod = await addPod("pod");
  const before = await stateOnNode(vfs[0]);
  for (const [what, keys] of Object.entries(REFUSED)) {
    for (const plugin of [sriovCni, millrace]) {
      const { exitCode, json } = await plugin.call("ADD", { pod, vf: vfs[0].address, keys });
      expect(exitCode, `${plugin.name}: ${what}`).not.toBe(0);
      expect(json, `${plugin.name}: ${what}`).toMatchObject({ code: expect.any(Number) });
      expect(await stateOnNode(vfs[0]), `${plugin.name}: ${what}`).toEqual(before);
    }
  }
});
