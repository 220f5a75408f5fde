import { expect } from "vitest";
import { mustPing } from "../../fixtures/ping.ts";
import { exchangeStreams } from "../../fixtures/sockets.ts";
import { findVf, podLink, stateOf } from "../fixtures/life-cycle.ts";
import { pfsOf } from "../fixtures/pci.ts";
import { addToLan, sharedVfLab } from "../fixtures/vf-lab.ts";
import { createVfs } from "../fixtures/vfs.ts";

const vfScenario = sharedVfLab();

const MACS = ["02:00:00:00:00:71", "02:00:00:00:00:72"] as const;
const MTU = 1400;
const BYTES = 1_000_000;
const PATIENCE_S = 20;

vfScenario("VFs whose PF takes no settings go to pods with MAC and MTU, and back", async (lab) => {
  const [pf = ""] = pfsOf("virtio-pci");
  const [first = "", second = ""] = await createVfs(lab.scope, pf, 2);
  const vfs = [await findVf(first), await findVf(second)] as const;
  const before = await Promise.all(vfs.map(stateOf));
  const calls = [
    { pod: await lab.addPod("a"), vf: first, keys: { mac: MACS[0], mtu: MTU } },
    { pod: await lab.addPod("b"), vf: second, keys: { mac: MACS[1], mtu: MTU } },
  ] as const;
  const [a, b] = [await addToLan(lab, calls[0]), await addToLan(lab, calls[1])];
  expect([a.mac, b.mac]).toEqual(MACS);
  for (const { namespace, mac } of [a, b]) {
    expect(await podLink(namespace)).toMatchObject({ address: mac, mtu: MTU });
  }
  await mustPing(a, b.ip4, { patience: PATIENCE_S });
  await mustPing(b, a.ip6, { patience: PATIENCE_S });
  for (const family of [4, 6] as const) {
    const [{ mss }] = await exchangeStreams(lab.scope, [a, b], family, BYTES);
    expect(mss).toBeLessThan(MTU);
  }
  for (const call of calls) await lab.must("DEL", call);
  expect(await Promise.all(vfs.map(stateOf))).toEqual(before);
});
