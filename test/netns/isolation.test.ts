import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { countersOf, dropsDuring, expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustReach, mustReachGateway, ping } from "../fixtures/ping.ts";
import { gatewayOf, ipOf, type Pod } from "../fixtures/pod.ts";
import { python } from "../fixtures/python.ts";
import { scenario } from "../fixtures/scenario.ts";
import { attempt } from "../fixtures/sockets.ts";

interface Stage {
  blue: Pod;
  red: Pod;
}

async function stage(lab: Lab): Promise<Stage> {
  const blue = await lab.addPod("blue");
  const red = await lab.addPod("red", { network: "red" });
  return { blue, red };
}

for (const family of [4, 6] as const) {
  scenario(
    `Pings from blue to red over IPv${family} are refused by blue's gateway`,
    {},
    async (lab) => {
      const { blue, red } = await stage(lab);
      const sent = await sentTo(lab, red);
      const drops = await dropsDuring(lab, blue, async () => {
        const report = await ping(blue, ipOf(red, family));
        expect(report).toMatchObject({ sent: 3, received: 0 });
        expect(report.output).toMatch(UNREACHABLE[family](gatewayOf(blue, family)));
      });
      expect(drops).toMatchObject({ "no-route": 3 });
      expect(await sentTo(lab, red)).toBe(sent);
      await expectBalanced(lab);
    },
  );

  for (const protocol of ["tcp", "udp"] as const) {
    scenario(
      `${protocol.toUpperCase()} from blue to red over IPv${family} fails at once with ENETUNREACH`,
      { needs: ["python"] },
      async (lab) => {
        const { blue, red } = await stage(lab);
        const sent = await sentTo(lab, red);
        const drops = await dropsDuring(lab, blue, async () => {
          const { errno, ms } = await attempt(blue, protocol, ipOf(red, family));
          expect(errno).toBe("ENETUNREACH");
          expect(ms).toBeLessThan(1000);
        });
        expect(drops).toMatchObject({ "no-route": 1 });
        expect(await sentTo(lab, red)).toBe(sent);
      },
    );
  }
}

const UNREACHABLE = {
  4: (gateway: string) => new RegExp(`From ${gateway} icmp_seq=1 Destination Net Unreachable`),
  6: (gateway: string) =>
    new RegExp(`From ${gateway} icmp_seq=1 Destination unreachable: No route`),
};

scenario(
  "No IP protocol at all gets from blue to red, and red's gateway does not answer blue",
  { needs: ["python"] },
  async (lab) => {
    const { blue, red } = await stage(lab);
    const sent = await sentTo(lab, red);
    const targets = [red.ip4, red.ip6, red.gateway4, red.gateway6];
    const drops = await dropsDuring(lab, blue, async () => {
      const { packets } = await python<{ packets: number }>(
        blue.namespace,
        "every_protocol.py",
        ...targets,
      );
      expect(packets).toBe(targets.length * PROTOCOLS);
      await arrived(lab, blue, packets);
    });
    expect(drops).toMatchObject({ "no-route": targets.length * PROTOCOLS });
    expect(await sentTo(lab, red)).toBe(sent);
    await mustReachGateway(red);
  },
);

/** 0 to 255, but for ICMPv6: as an IPv4 protocol it is nothing special, as the other it needs a type. */
const PROTOCOLS = 255;

scenario(
  "Two networks whose pods talk among themselves see nothing of one another",
  {},
  async (lab) => {
    const blues = await lab.addPair();
    const reds = [
      await lab.addPod("red1", { network: "red" }),
      await lab.addPod("red2", { network: "red" }),
    ] as const;
    await Promise.all([mustReach(...blues), mustReach(...reds)]);
    const captures = await Promise.all(reds.map((red) => neighbours(red)));
    for (const table of captures) expect(table).not.toMatch(/10\.81\.1\.|fd81:1:/);
    await expectBalanced(lab);
  },
);

const neighbours = async ({ namespace }: Pod) =>
  (await namespace.must("ip", ["-4", "neigh"])) + (await namespace.must("ip", ["-6", "neigh"]));

/** Frames the ring loop has sent to a pod. */
async function sentTo(lab: Lab, pod: Pod): Promise<number> {
  return (await countersOf(lab, pod)).counters["tx_packets"] ?? 0;
}

/** Waits until the ring loop has taken that many more frames of a pod, at most two seconds. */
async function arrived(lab: Lab, pod: Pod, packets: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const { drops } = await countersOf(lab, pod);
    if ((drops["no-route"] ?? 0) >= packets) return;
    await delay(20);
  }
}
