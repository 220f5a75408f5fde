import { expect } from "vitest";
import { dropsDuring, expectBalanced } from "../fixtures/counters.ts";
import { mustPing, ping } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { knowGateway } from "../fixtures/scapy.ts";
import { scenario } from "../fixtures/scenario.ts";

const BEHIND = { 4: "192.0.2.1", 6: "2001:db8:5::1" } as const;
const ROUTER = { 4: "10.81.1.9", 6: "fd81:1::9" } as const;
const config = {
  networks: [
    {
      name: "blue",
      nodePrefixes: ["10.81.1.0/24", "fd81:1::/64"],
      routes: ["0.0.0.0/0", "::/0"],
      staticRoutes: [
        { prefix: "192.0.2.0/24", via: ROUTER[4] },
        { prefix: "2001:db8:5::/64", via: ROUTER[6] },
      ],
    },
  ],
};
const asRouter = { args: { IP: `${ROUTER[4]},${ROUTER[6]}` } };

/** Gives a pod addresses of the prefixes; its kernel then also asks for the gateway from there. */
async function holdPrefixes({ namespace, ifname }: Pod): Promise<void> {
  await namespace.must("ip", ["address", "add", `${BEHIND[4]}/32`, "dev", ifname]);
  await namespace.must("ip", ["address", "add", `${BEHIND[6]}/128`, "dev", ifname, "nodad"]);
}

for (const family of [4, 6] as const) {
  scenario(
    `A prefix routed through a pod is reached there over IPv${family}, and may send from there`,
    { config },
    async (lab) => {
      const router = await lab.addPod("router", asRouter);
      const pod = await lab.addPod("a");
      await holdPrefixes(router);
      expect(family === 4 ? router.ip4 : router.ip6).toBe(ROUTER[family]);
      await mustPing(pod, BEHIND[family]);
      const target = family === 4 ? pod.ip4 : pod.ip6;
      await mustPing(router, target, { extra: ["-I", BEHIND[family]] });
      await expectBalanced(lab);
    },
  );

  scenario(
    `Nobody else may send from a prefix routed through a pod over IPv${family}`,
    { config },
    async (lab) => {
      const router = await lab.addPod("router", asRouter);
      const pod = await lab.addPod("a");
      await holdPrefixes(pod);
      await knowGateway(pod);
      const target = family === 4 ? router.ip4 : router.ip6;
      const drops = await dropsDuring(lab, pod, async () => {
        const report = await ping(pod, target, { extra: ["-I", BEHIND[family]] });
        expect(report).toMatchObject({ sent: 3, received: 0 });
      });
      expect(drops).toMatchObject({ "source-address": 3 });
    },
  );
}

scenario(
  "Without the pod it leads through, a static route is no route",
  { config },
  async (lab) => {
    const router = await lab.addPod("router", asRouter);
    const pod = await lab.addPod("a");
    await holdPrefixes(router);
    await mustPing(pod, BEHIND[4]);
    await lab.deletePod(router);
    const drops = await dropsDuring(lab, pod, () => ping(pod, BEHIND[4]));
    expect(drops).toMatchObject({ "no-route": 3 });
    const next = await lab.addPod("next", asRouter);
    await holdPrefixes(next);
    await mustPing(pod, BEHIND[4]);
  },
);
