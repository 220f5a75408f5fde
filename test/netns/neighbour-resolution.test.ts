import { expect } from "vitest";
import { dropsDuring, expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustPing, ping } from "../fixtures/ping.ts";
import { type Family, gatewayOf, type Pod } from "../fixtures/pod.ts";
import { python, startPython } from "../fixtures/python.ts";
import { scenario } from "../fixtures/scenario.ts";
import {
  addLoopback,
  connectUplink,
  type Far,
  restartWith,
  uplinkedNetwork,
} from "../fixtures/uplink.ts";
import { waitFor } from "../fixtures/wait.ts";

const SCRIPT = "uplink_traffic.py";
const PORT = 4243;
/** Packets that wait for one neighbour at most. */
const QUEUED = 8;
const BEHIND = { 4: "192.0.2.1", 6: "2001:db8:2::1" } as const;
const NEW_MAC = "02:00:00:00:00:77";

/** A pod that reaches its host on an uplink. Nobody has sent anything yet. */
async function open(lab: Lab): Promise<[Pod, Far]> {
  const far = await connectUplink(lab);
  await addLoopback(far, `${BEHIND[4]}/32`, `${BEHIND[6]}/128`);
  await lab.node.must("ip", ["route", "add", `${BEHIND[4]}/32`, "via", far.ip4]);
  await lab.node.must("ip", ["-6", "route", "add", `${BEHIND[6]}/128`, "via", far.ip6]);
  await restartWith(lab, [uplinkedNetwork([far.uplink])]);
  const pod = await lab.addPod("a");
  // The pod knows its gateway, so that no packet is queued in its own kernel.
  await mustPing(pod, pod.gateway4);
  await mustPing(pod, pod.gateway6);
  return [pod, far];
}

async function forgetNeighbours(lab: Lab, far: Far): Promise<void> {
  await lab.node.must("ip", ["neighbour", "flush", "dev", far.uplink]);
  const known = async () =>
    (await lab.agent.client.neighbours({})).neighbours.filter(({ resolved }) => resolved);
  await waitFor("no neighbour known", known, (list) => list.length === 0);
}

const neighbour = async (lab: Lab, address: string) =>
  (await lab.agent.client.neighbours({})).neighbours.find((one) => one.address === address);

for (const family of [4, 6] as const) {
  for (const [where, targetOf] of [
    ["on the uplink's own prefix", (far: Far) => (family === 4 ? far.ip4 : far.ip6)],
    ["behind a gateway on the uplink", () => BEHIND[family]],
  ] as const) {
    scenario(
      `The first packets to a host ${where} wait until it is resolved over IPv${family}, none is lost`,
      { needs: ["python"] },
      async (lab) => {
        const [pod, far] = await open(lab);
        const target = targetOf(far);
        const sink = await startPython(lab.scope, far.namespace, SCRIPT, "sink", target, PORT);
        await forgetNeighbours(lab, far);
        const started = performance.now();
        await python(pod.namespace, SCRIPT, "burst", target, PORT, QUEUED);
        const arrived = () => sink.output().trimEnd().split("\n").slice(1);
        await waitFor("the whole burst", arrived, (all) => all.length >= QUEUED);
        const ms = Math.round(performance.now() - started);
        expect(arrived().sort()).toEqual(Array.from({ length: QUEUED }, (_, i) => `${i}`));
        const hop = family === 4 ? far.ip4 : far.ip6;
        const shown = await neighbour(lab, hop);
        expect(shown).toMatchObject({ resolved: true, source: "kernel", ifname: far.uplink });
        console.log(`${QUEUED} of ${QUEUED} packets after ${ms} ms, ${hop} is at ${shown?.mac}`);
        await expectBalanced(lab);
      },
    );
  }

  scenario(
    `A host that is not there is answered with host unreachable after about 3 s over IPv${family}`,
    {},
    async (lab) => {
      const [pod] = await open(lab);
      const absent = family === 4 ? "10.99.0.77" : "fd99:a0::77";
      let ms = 0;
      const drops = await dropsDuring(lab, pod, async () => {
        ms = await refusalMs(pod, absent, family);
      });
      console.log(`refused after ${ms} ms`);
      expect(ms).toBeGreaterThan(2000);
      expect(ms).toBeLessThan(15_000);
      expect(drops).toMatchObject({ "neighbour-unresolved": 1 });
      expect((await neighbour(lab, absent))?.resolved ?? false).toBe(false);
      await expectBalanced(lab);
    },
  );

  scenario(
    `A host that gets another MAC address is followed over IPv${family}`,
    {},
    async (lab) => {
      const [pod, far] = await open(lab);
      const target = family === 4 ? far.ip4 : far.ip6;
      await mustPing(pod, target);
      const before = await neighbour(lab, target);
      expect(before?.mac).not.toBe(NEW_MAC);
      await far.namespace.must("ip", ["link", "set", far.uplink, "address", NEW_MAC]);
      // The host says so itself: its next packet to the node carries the new address.
      await far.namespace.must("ip", ["neighbour", "flush", "dev", far.uplink]);
      await far.namespace.run("ping", ["-c", "1", "-W", "1", family === 4 ? far.node4 : far.node6]);
      const started = performance.now();
      await mustPing(pod, target, { count: 3, patience: 20 });
      const after = await waitFor(
        "the new MAC address",
        () => neighbour(lab, target),
        (one) => one?.mac === NEW_MAC,
      );
      console.log(`${before?.mac} -> ${after?.mac}, ${Math.round(performance.now() - started)} ms`);
      await expectBalanced(lab);
    },
  );
}

scenario(
  "A host that changes its MAC address in silence is found again while a pod talks to it",
  { timeoutMs: 120_000 },
  async (lab) => {
    const [pod, far] = await open(lab);
    // What the kernel believes for 30 s by default is verified within a second or two.
    for (const key of ["base_reachable_time_ms=1000", "delay_first_probe_time=1"]) {
      await lab.node.must("sysctl", ["-q", "-w", `net.ipv4.neigh.${far.uplink}.${key}`]);
    }
    await mustPing(pod, far.ip4);
    await far.namespace.must("ip", ["link", "set", far.uplink, "address", NEW_MAC]);
    const started = performance.now();
    await waitFor(
      "an answer from the new address",
      () => ping(pod, far.ip4, { count: 5 }),
      ({ received }) => received === 5,
      60_000,
    );
    console.log(`found again after ${Math.round(performance.now() - started)} ms`);
    expect((await neighbour(lab, far.ip4))?.mac).toBe(NEW_MAC);
  },
);

/** Milliseconds until the first ICMP error comes, which must be the gateway's. */
async function refusalMs(pod: Pod, address: string, family: Family): Promise<number> {
  const extra = ["-W", "20"];
  const started = performance.now();
  const { output } = await ping(pod, address, { count: 1, extra });
  const words = { 4: "Destination Host Unreachable", 6: "Destination unreachable: Address" }[
    family
  ];
  expect(output).toContain(`From ${gatewayOf(pod, family)} icmp_seq=1 ${words}`);
  return Math.round(performance.now() - started);
}
