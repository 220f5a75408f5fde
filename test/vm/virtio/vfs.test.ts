import { expect } from "vitest";
import { loadNative } from "../../../src/dataplane/native.ts";
import { run } from "../../harness/run.ts";
import { driverOf, ifnameOf, ifnamesOf, macOf, pfsOf, readDevice } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { createVfs, namespaceWithVf, untilReached, vfCount } from "../fixtures/vfs.ts";

guestScenario("The guest has a virtio PF that can have four VFs", async () => {
  const pfs = pfsOf("virtio-pci");
  expect(pfs).toHaveLength(1);
  for (const pf of pfs) {
    expect(readDevice(pf, "sriov_totalvfs")).toBe("4");
    expect(vfCount(pf)).toBe(0);
    expect(macOf(ifnameOf(pf))).toBe("52:54:00:02:00:00");
  }
});

guestScenario("Every virtio VF has a netdev that says it has zero-copy", async (scope) => {
  const [pf = ""] = pfsOf("virtio-pci");
  const vfs = await createVfs(scope, pf, 4);
  expect(vfs.map(driverOf)).toEqual(vfs.map(() => "virtio-pci"));
  const netdevs = await loadNative().netdevFeatures();
  for (const vf of [pf, ...vfs]) {
    const found = netdevs.find(({ name }) => name === ifnameOf(vf));
    expect(found?.features).toEqual(expect.arrayContaining(["redirect", "xsk-zerocopy"]));
  }
});

guestScenario("Virtio VFs reach each other from two namespaces", async (scope) => {
  const [pf = ""] = pfsOf("virtio-pci");
  const [first = "", second = ""] = await createVfs(scope, pf, 2);
  const a = await namespaceWithVf(scope, "a", first, "10.0.0.1/24");
  const b = await namespaceWithVf(scope, "b", second, "10.0.0.2/24");
  expect([first, second].flatMap(ifnamesOf)).toEqual([]);
  await untilReached(a, "10.0.0.2");
  await untilReached(b, "10.0.0.1");
});

guestScenario("A virtio PF has no knob for its VFs", async (scope) => {
  const [pf = ""] = pfsOf("virtio-pci");
  await createVfs(scope, pf, 1);
  const knob = ["link", "set", ifnameOf(pf), "vf", "0", "mac", "52:54:0a:00:00:01"];
  const { exitCode, stderr } = await run("ip", knob);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("not supported")]);
});
