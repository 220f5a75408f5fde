import { expect } from "vitest";
import { createNamespace } from "../../harness/namespace.ts";
import {
  attachVf,
  detachVf,
  expectAsBefore,
  findVf,
  podLink,
  stateOf,
  vfInfo,
} from "../fixtures/life-cycle.ts";
import { pfsOf } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { createVfs } from "../fixtures/vfs.ts";

const MACS = ["52:54:0a:00:00:01", "52:54:0a:00:00:02"];
const MAC = "02:00:00:00:00:77";

const twoVfs = async (scope: Parameters<typeof createVfs>[0]) => {
  const [pf = ""] = pfsOf("igb");
  const [first = "", second = ""] = await createVfs(scope, pf, 2, { macs: MACS });
  return [await findVf(first), await findVf(second)] as const;
};

guestScenario("A VF has every knob that igb knows, and is given back as it was", async (scope) => {
  const [vf] = await twoVfs(scope);
  const pod = await createNamespace(scope, "pod");
  const before = await stateOf(vf);
  const record = await attachVf(pod, vf, {
    ...{ vlan: 100, vlanQoS: 3, mac: MAC, trust: true, maxTxRate: 500 },
    ...{ mtu: 1400, promisc: true },
  });
  expect(await podLink(pod)).toMatchObject({ address: MAC, mtu: 1400, promiscuity: 1 });
  expect(await vfInfo(vf)).toMatchObject({
    ...{ address: MAC, trust: true, spoofchk: true },
    vlan_list: [{ vlan: 100, qos: 3 }],
    rate: { max_tx: 500 },
  });
  expect((await detachVf(record)).outcome).toBe("given back");
  await expectAsBefore(vf, before);
  expect((await detachVf(record)).restored).toEqual([]);
});

guestScenario("A VF without trust gets another MAC, and its own back", async (scope) => {
  const [vf] = await twoVfs(scope);
  const pod = await createNamespace(scope, "pod");
  const before = await stateOf(vf);
  const record = await attachVf(pod, vf, { mac: MAC });
  expect(await podLink(pod)).toMatchObject({ address: MAC });
  expect(await vfInfo(vf)).toMatchObject({ address: MAC, trust: false });
  await detachVf(record);
  await expectAsBefore(vf, before);
});

guestScenario("A knob that igb refuses is named, and nothing has changed", async (scope) => {
  const [vf] = await twoVfs(scope);
  const pod = await createNamespace(scope, "pod");
  const before = await stateOf(vf);
  const refusals = [
    [{ linkState: "enable" }, "link_state = enable", "EOPNOTSUPP"],
    [{ minTxRate: 10, maxTxRate: 100 }, "min_tx_rate = 10", "EINVAL"],
    [{ vlanProto: "802.1ad" }, "vlanProto = 802.1ad", "EPROTONOSUPPORT"],
  ] as const;
  for (const [knobs, named, code] of refusals) {
    const attached = attachVf(pod, vf, { vlan: 5, mac: MAC, ...knobs });
    await expect(attached).rejects.toThrow(new RegExp(`${named}.*${code}`));
    await expectAsBefore(vf, before);
  }
});

guestScenario("A VF whose namespace has died is given back from wherever it is", async (scope) => {
  const [vf, other] = await twoVfs(scope);
  const pod = await createNamespace(scope, "pod");
  const [before, untouched] = [await stateOf(vf), await stateOf(other)];
  const record = await attachVf(pod, vf, { vlan: 7, mac: MAC, mtu: 1300 });
  await pod.remove();
  expect((await detachVf(record)).outcome).toBe("given back");
  await expectAsBefore(vf, before);
  await expectAsBefore(other, untouched);
});
