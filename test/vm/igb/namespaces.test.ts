import { expect } from "vitest";
import type { Bdf } from "../../../sriov/types.ts";
import { waitFor } from "../../fixtures/wait.ts";
import { createNamespace } from "../../harness/namespace.ts";
import { must } from "../../harness/run.ts";
import type { Scope } from "../../harness/scope.ts";
import { ifnameOf, ifnamesOf, pfsOf } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { createVfs, namespaceWithVf, untilReached } from "../fixtures/vfs.ts";

guestScenario("A VF moves to a namespace and back under its name", async (scope) => {
  const vf = await oneVf(scope);
  const name = ifnameOf(vf);
  const pod = await createNamespace(scope, "pod");
  await must("ip", ["link", "set", name, "netns", pod.name]);
  expect(ifnamesOf(vf)).toEqual([]);
  expect((await pod.links()).map(({ ifname }) => ifname)).toEqual(["lo", name]);
  await must("ip", ["-n", pod.name, "link", "set", name, "netns", "1"]);
  expect(ifnamesOf(vf)).toEqual([name]);
});

guestScenario("A VF is back with the name it had when its namespace goes", async (scope) => {
  const vf = await oneVf(scope);
  const pod = await namespaceWithVf(scope, "pod", vf, "10.0.0.1/24");
  expect(ifnamesOf(vf)).toEqual([]);
  await pod.remove();
  await waitFor(
    "the VF",
    () => ifnamesOf(vf),
    (names) => names.includes("net0"),
    20_000,
  );
});

guestScenario("VFs of one PF reach each other from two namespaces", async (scope) => {
  const [pf = ""] = pfsOf("igb");
  await expectReached(scope, await createVfs(scope, pf, 2));
});

guestScenario("VFs of two PFs reach each other from two namespaces", async (scope) => {
  const vfs: Bdf[] = [];
  for (const pf of pfsOf("igb")) vfs.push(...(await createVfs(scope, pf, 1)));
  await expectReached(scope, vfs);
});

async function oneVf(scope: Scope): Promise<Bdf> {
  const [pf = ""] = pfsOf("igb");
  const [vf = ""] = await createVfs(scope, pf, 1);
  return vf;
}

async function expectReached(scope: Scope, [first = "", second = ""]: Bdf[]): Promise<void> {
  const a = await namespaceWithVf(scope, "a", first, "10.0.0.1/24");
  const b = await namespaceWithVf(scope, "b", second, "10.0.0.2/24");
  await untilReached(a, "10.0.0.2");
  await untilReached(b, "10.0.0.1");
}
