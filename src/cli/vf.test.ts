import { expect, it } from "vitest";
import { aPf, aVf } from "../../sriov/fixtures/functions.ts";
import { lines } from "./fixture.ts";
import { renderVf, renderVfs } from "./vf-text.ts";

it("VFs are shown below their PFs, with what is known of them", () => {
  const vfs = [aVf(0, { xdpFeatures: ["basic", "xsk-zerocopy"] }), aVf(1, { driver: "vfio-pci" })];
  const shown = lines(renderVfs([aPf({ vfs }), aPf({ address: "0000:3b:00.0", ifname: "" })]));
  expect(shown[0]).toBe("ens1f0 (0000:01:00.0): igb, 2 of 7 VFs");
  expect(shown[1]).toBe("0000:3b:00.0: igb, 0 of 7 VFs");
  expect(shown.join("\n")).toMatch(/0000:01:10\.0\s+ens1f0\s+0\s+igbvf\s.*offered/);
  expect(shown.join("\n")).toMatch(/0000:01:10\.2\s+ens1f0\s+1\s+vfio-pci/);
});

it("a node without SR-IOV says so", () => {
  expect(renderVfs([])).toBe("no NIC of this node has virtual functions\n");
});

const KNOWN = {
  ...{ address: "0000:01:10.0", pf: "0000:01:00.0", pfName: "ens1f0", index: 0, driver: "igbvf" },
  ...{ numaNode: 0, ifname: "", iommuGroup: 10, pool: "millrace.io/fast", state: "used" as const },
  ...{ reason: "", netns: "/run/netns/pod", attachment: "c1:net1" },
  pod: { namespace: "default", name: "web-0" },
};

it("an agent says who has which VF", () => {
  const shown = renderVfs([aPf({ vfs: [aVf(0), aVf(1)] })], [KNOWN]);
  expect(shown).toMatch(/VF .* POOL +STATE +POD\n/);
  expect(shown).toMatch(/0000:01:10\.0 .* millrace\.io\/fast +used +default\/web-0\n/);
  expect(renderVfs([aPf({ vfs: [aVf(0)] })])).not.toContain("POOL");
});

it("one VF is shown with what its pod asked for and what is given back", () => {
  const settings = {
    ...{ index: 0, mac: "02:00:00:00:00:05", vlan: 100, vlanQoS: 0, vlanProto: "802.1q" as const },
    ...{ spoofchk: true, trust: null, linkState: null, minTxRate: 0, maxTxRate: 0 },
  };
  const original = { settings: { ...settings, vlan: 0 }, netdev: null };
  const attached = { generation: 3, knobs: { vlan: 100 }, original };
  const shown = renderVf({ ...KNOWN, settings, untold: "", netdev: null, attached });
  expect(shown).toMatch(/^VF +0000:01:10\.0, number 0 of PF ens1f0\n/);
  expect(shown).toMatch(/settings +mac = 02:00:00:00:00:05, vlan = 100, .*spoofchk = on/);
  expect(shown).toMatch(/asked for +vlan = 100\n/);
  expect(shown).toMatch(/gives back +mac = 02:00:00:00:00:05, vlan = 0,/);
  const free = { ...KNOWN, state: "unhealthy" as const, reason: "no driver is bound to it" };
  const lost = {
    settings: null,
    untold: "its PF has no netdev here",
    netdev: null,
    attached: null,
  };
  expect(renderVf({ ...free, ...lost })).toMatch(/state +unhealthy: no driver is bound to it\n/);
});
