import { expect } from "vitest";
import { dropsDuring, dropsOf, expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustPing, ping } from "../fixtures/ping.ts";
import { type Family, gatewayOf, ipOf, type Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";

const SMALL = 1300;
const TOO_BIG = {
  4: (gateway: string) => `From ${gateway} icmp_seq=1 Frag needed and DF set (mtu = ${SMALL})`,
  6: (gateway: string) => `From ${gateway} icmp_seq=1 Packet too big: mtu=${SMALL}`,
} as const;

/** Two pods of one network, the second one with a smaller MTU than the network's. */
async function unequalPair(lab: Lab): Promise<[Pod, Pod]> {
  const large = await lab.addPod("large");
  const small = await lab.addPod("small", { config: { mtu: SMALL } });
  expect((await small.namespace.links())[1]).toMatchObject({ ifname: "eth0", mtu: SMALL });
  return [large, small];
}

for (const family of [4, 6] as const) {
  scenario(
    `A packet too big for the other pod is answered with its MTU over IPv${family}, and learned`,
    {},
    async (lab) => {
      const [large, small] = await unequalPair(lab);
      const target = ipOf(small, family);
      const drops = await dropsDuring(lab, large, async () => {
        const report = await ping(large, target, { extra: ["-s", "1400", "-M", "do"] });
        expect(report).toMatchObject({ received: 0 });
        expect(report.output).toContain(TOO_BIG[family](gatewayOf(large, family)));
      });
      // The kernel has learned: what follows is refused in the pod and never sent.
      expect(drops).toMatchObject({ "mtu-exceeded": 1 });
      expect(await large.namespace.must("ip", ["route", "get", target])).toContain(`mtu ${SMALL}`);
      await expectBalanced(lab);
    },
  );

  scenario(`A packet of just the other pod's MTU passes over IPv${family}`, {}, async (lab) => {
    const [large, small] = await unequalPair(lab);
    const size = SMALL - (family === 4 ? 28 : 48);
    const extra = ["-s", `${size}`, "-M", "do"];
    await mustPing(large, ipOf(small, family), { extra });
  });

  scenario(
    `TCP that assumes too large an MTU over IPv${family} learns it and flows`,
    { needs: ["python"] },
    async (lab) => {
      const pods = await unequalPair(lab);
      await advertiseFullSegments(pods[1], family);
      await exchangeStreams(lab.scope, pods, family, 2_000_000);
      expect(await dropsOf(lab, pods[0])).toHaveProperty("mtu-exceeded");
      const route = ["route", "get", ipOf(pods[1], family)];
      expect(await pods[0].namespace.must("ip", route)).toContain(`mtu ${SMALL}`);
      await expectBalanced(lab);
    },
  );
}

// Otherwise the smaller MSS of the SYN/ACK would keep the sender from ever sending too much.
async function advertiseFullSegments(pod: Pod, family: Family): Promise<void> {
  const gateway = gatewayOf(pod, family);
  const route = ["default", "via", gateway, "dev", pod.ifname, "advmss", "1440"];
  await pod.namespace.must("ip", [`-${family}`, "route", "replace", ...route]);
}

scenario(
  "A UDP sender that never sets DF learns the MTU and fragments its next datagrams",
  { needs: ["python"] },
  async (lab) => {
    const pods = await unequalPair(lab);
    const sizes = { first: 1400, last: 1400, step: 1, discovery: "dont" } as const;
    const report = await exchangeDatagrams(lab.scope, pods, 4, sizes);
    expect(report).toMatchObject({ intact: 1, broken: [], lost: [] });
    expect(await dropsOf(lab, pods[0])).toMatchObject({ "mtu-exceeded": 1 });
    await expectBalanced(lab);
  },
);
