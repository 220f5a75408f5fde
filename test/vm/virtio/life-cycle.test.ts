import { expect } from "vitest";
import { createNamespace } from "../../harness/namespace.ts";
import {
  attachVf,
  detachVf,
  expectAsBefore,
  findVf,
  podLink,
  stateOf,
} from "../fixtures/life-cycle.ts";
import { pfsOf } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";
import { createVfs } from "../fixtures/vfs.ts";

const MAC = "02:00:00:00:00:78";

guestScenario("A VF whose PF has no knobs gets MAC and MTU, and gives them back", async (scope) => {
  const [pf = ""] = pfsOf("virtio-pci");
  const [address = ""] = await createVfs(scope, pf, 1);
  const vf = await findVf(address);
  const pod = await createNamespace(scope, "pod");
  const before = await stateOf(vf);
  const record = await attachVf(pod, vf, { mac: MAC, mtu: 1400 });
  expect(await podLink(pod)).toMatchObject({ address: MAC, mtu: 1400 });
  expect((await detachVf(record)).outcome).toBe("given back");
  await expectAsBefore(vf, before);
  await expect(attachVf(pod, vf, { vlan: 5 })).rejects.toThrow("takes no settings");
  await expectAsBefore(vf, before);
});
