import { expect } from "vitest";
import { loadNative } from "../../../src/dataplane/native.ts";
import type { Bdf } from "../../../sriov/types.ts";
import { waitFor } from "../../fixtures/wait.ts";
import { ifnameOf, ifnamesOf, pfsOf, probe, writeDevice } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { countedVf, expectGrowth, expectNoneLess, openTotals } from "../fixtures/vf-totals.ts";
import { createVfs, giveVf, namespaceWithVf } from "../fixtures/vfs.ts";

const MACS = ["52:54:0a:00:00:01", "52:54:0a:00:00:02"];
const OTHER = "10.0.0.2";
const NETDEV_LIMIT_MS = 20_000;

guestScenario(
  "The totals of two VFs grow with their traffic, also past a new start of a driver",
  async (scope) => {
    const [pf = ""] = pfsOf("igb");
    const [first = "", second = ""] = await createVfs(scope, pf, 2, { macs: MACS });
    const a = await namespaceWithVf(scope, "a", first, "10.0.0.1/24");
    const b = await namespaceWithVf(scope, "b", second, `${OTHER}/24`);
    const words: object[] = [];
    const read = openTotals([countedVf(pf, first, 0, a), countedVf(pf, second, 1, b)], words);

    const before = await expectGrowth(read, a, OTHER);
    await expectZerosOfPf(pf);
    await bindAnew(first);
    expectNoneLess(before, await read());
    await giveVf(a, first, "10.0.0.1/24");
    const [total] = await expectGrowth(read, a, OTHER);
    expectNoneLess(before, await read());

    const netdev = await loadNative().findNetdev(a.path, first);
    const kernel = await loadNative().netdevStatistics(a.path, netdev?.ifindex ?? 0, first);
    expect(kernel.rxPackets, "the kernel began again at zero").toBeLessThan(total?.rxPackets ?? 0);
    expect(words).toEqual([]);
  },
);

/** igb does not count for its VFs: what has grown is from their netdevs. */
async function expectZerosOfPf(pf: Bdf): Promise<void> {
  const zeros = {
    ...{ rxPackets: 0, txPackets: 0, rxBytes: 0, txBytes: 0, broadcast: 0, multicast: 0 },
    ...{ rxDropped: 0, txDropped: 0 },
  };
  const told = await loadNative().listVfStatistics(ifnameOf(pf));
  expect(told).toEqual([0, 1].map((index) => ({ index, ...zeros })));
}

/** Takes the driver of a VF away, with the netdev, and waits for the next netdev. */
async function bindAnew(vf: Bdf): Promise<void> {
  await writeDevice(vf, "driver/unbind", vf);
  expect(ifnamesOf(vf)).toEqual([]);
  await probe(vf);
  const has = (names: string[]) => names.length === 1;
  await waitFor(`a netdev of ${vf}`, () => ifnamesOf(vf), has, NETDEV_LIMIT_MS);
}
