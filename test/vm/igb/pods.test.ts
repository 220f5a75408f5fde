import { expect } from "vitest";
import type { VirtualFunction } from "../../../sriov/types.ts";
import { mustPing, ping } from "../../fixtures/ping.ts";
import { ipOf, type Pod } from "../../fixtures/pod.ts";
import { exchangeStreams } from "../../fixtures/sockets.ts";
import type { Scope } from "../../harness/scope.ts";
import { expectAsBefore, findVf, stateOf } from "../fixtures/life-cycle.ts";
import { pfsOf } from "../fixtures/pci.ts";
import { addToLan, sharedVfLab, type VfLab } from "../fixtures/vf-lab.ts";
import { createVfs } from "../fixtures/vfs.ts";

const vfScenario = sharedVfLab();

const BYTES = 500_000;
/** Links of emulated NICs take seconds to come up. */
const PATIENCE_S = 20;

vfScenario("Pods on VFs of one PF and of two reach each other by ping and TCP", async (lab) => {
  await withVfs(lab.scope, async ([first, second, far]) => {
    const a = await podOn(lab, "a", first);
    const b = await podOn(lab, "b", second);
    const c = await podOn(lab, "c", far);
    expect([a, b, c].map(({ ip4 }) => ip4)).toEqual(["10.7.0.1", "10.7.0.2", "10.7.0.3"]);
    for (const [from, to] of [
      [a, b],
      [a, c],
    ] as const) {
      for (const family of [4, 6] as const) {
        await mustPing(from, ipOf(to, family), { patience: PATIENCE_S });
        await mustPing(to, ipOf(from, family), { patience: PATIENCE_S });
      }
      await exchangeStreams(lab.scope, [from, to], 4, BYTES);
      await exchangeStreams(lab.scope, [to, from], 6, BYTES);
    }
    for (const pod of [a, b, c]) await remove(lab, pod);
  });
});

vfScenario("Only pods of one VLAN reach each other, on the wire too", async (lab) => {
  await withVfs(lab.scope, async ([first, second, far]) => {
    const a = await podOn(lab, "a", first, { vlan: 100 });
    const near = await podOn(lab, "near", second, { vlan: 200 });
    const c = await podOn(lab, "c", far, { vlan: 100 });
    await mustPing(a, c.ip4, { patience: PATIENCE_S });
    await mustPing(c, a.ip6, { patience: PATIENCE_S });
    await expectNotReached(a, near);
    await expectNotReached(near, c);
    // The same VF in the other VLAN: it was no link that was down.
    await remove(lab, near);
    const again = await podOn(lab, "again", second, { vlan: 100 });
    await mustPing(a, again.ip4, { patience: PATIENCE_S });
    for (const pod of [a, again, c]) await remove(lab, pod);
  });
});

vfScenario("A pod gives its VF another MAC only where it is trusted", async (lab) => {
  await withVfs(lab.scope, async ([vf]) => {
    const other = ["link", "set", "net1", "address", "02:00:00:00:00:99"];
    const a = await podOn(lab, "a", vf, { trust: "off" });
    const refused = await a.namespace.run("ip", other);
    expect(refused.stderr).toContain("Cannot assign requested address");
    expect((await a.namespace.links()).at(-1)).toMatchObject({ address: a.mac });
    await remove(lab, a);
    const b = await podOn(lab, "b", vf, { trust: "on" });
    await b.namespace.must("ip", other);
    expect((await b.namespace.links()).at(-1)).toMatchObject({ address: "02:00:00:00:00:99" });
    await remove(lab, b);
  });
});

async function expectNotReached(from: Pod, to: Pod): Promise<void> {
  const { received, output } = await ping(from, to.ip4, { count: 3, patience: 3 });
  expect(received, output).toBe(0);
}

type ThreeVfs = [first: VirtualFunction, second: VirtualFunction, far: VirtualFunction];

/** Two VFs of one PF and one of the other, which are as before in the end. */
async function withVfs(scope: Scope, body: (vfs: ThreeVfs) => Promise<void>): Promise<void> {
  const [near = "", far = ""] = pfsOf("igb");
  const macs = ["52:54:0a:00:00:01", "52:54:0a:00:00:02"];
  const addresses = [
    ...(await createVfs(scope, near, 2, { macs })),
    ...(await createVfs(scope, far, 1, { macs: ["52:54:0b:00:00:01"] })),
  ];
  const vfs = await Promise.all(addresses.map(findVf));
  const before = await Promise.all(vfs.map(stateOf));
  await body(vfs as ThreeVfs);
  for (const [n, vf] of vfs.entries()) await expectAsBefore(vf, before[n] as (typeof before)[0]);
}

/** Attaches a pod, whose addresses can be used at once. */
async function podOn(
  lab: VfLab,
  name: string,
  { address }: VirtualFunction,
  keys: Record<string, unknown> = {},
): Promise<Pod> {
  const pod = await addToLan(lab, { pod: await lab.addPod(name), vf: address, keys });
  const shown = await pod.namespace.must("ip", ["-6", "-o", "address", "show", "net1"]);
  const own = shown.split("\n").find((line) => line.includes(`${pod.ip6}/`));
  expect(own, "the IPv6 address").toBeDefined();
  expect(own).not.toContain("tentative");
  return pod;
}

async function remove(lab: VfLab, { namespace, call }: Pod): Promise<void> {
  await lab.must("DEL", { pod: namespace, vf: String(call.config?.["deviceID"]) });
}
