import { expect } from "vitest";
import { expectRightSums, startAgentHost, withLog } from "../fixtures/agent-host.ts";
import {
  DEVICE,
  type EvpnLab,
  evpnScenario,
  fdbOf,
  HOST,
  hostSpeaks,
  ip,
  LIMIT_MS,
  openEvpnLab,
  startEvpnRouter,
  VNI,
  VTEP_A,
  VTEP_B,
} from "../fixtures/evpn.ts";
import { mustPing, mustReach, ping } from "../fixtures/ping.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import { hostAsPod } from "../fixtures/uplink.ts";
import { waitFor } from "../fixtures/wait.ts";

const BYTES = 4_000_000;

/** Only what BGP tells leads anywhere: nothing is learned, and nothing unknown is flooded. */
const CONFIG = {
  networks: [
    { name: "under", uplinks: [{ interface: "under" }], mirror: { table: "main" } },
    {
      ...{ name: "lan", kind: "bridged", vni: VNI, learning: false },
      nodePrefixes: ["10.50.0.16/28", "fd50::10:0/112"],
      clusterPrefixes: ["10.50.0.0/24", "fd50::/64"],
      flood: { unknownUnicast: false },
    },
  ],
  vteps: [{ name: "vtep0", underlay: "under" }],
  fabric: { driver: "evpn", nodeName: "a", devices: [{ vxlan: DEVICE }] },
};

const TITLE =
  "A pod and a host behind a kernel's VTEP reach each other by what FRR says, until its FRR dies";

evpnScenario(TITLE, async (scope) => {
  const lab = await openEvpnLab(scope);
  await startEvpnRouter(scope, lab.a);
  const routerB = await startEvpnRouter(scope, lab.b);
  const host = await startAgentHost(scope, lab.a.namespace, CONFIG);
  await withLog(host, async () => {
    const pod = await host.addPod("lan", "pod");
    const far = hostAsPod("host", lab.host, HOST.ip4, HOST.ip6);
    const remote = async () => {
      const { entries } = await host.millrace("fdb", "--network", "lan");
      return entries.filter(({ peer }: { peer: string }) => peer !== "");
    };
    const hasHost = (all: { mac: string }[]) => all.some(({ mac }) => mac === HOST.mac);
    await hostSpeaks(lab);
    const entries = await waitFor("the host of b", remote, hasHost, LIMIT_MS);
    const ofHost = { mac: HOST.mac, network: "lan", peer: VTEP_B, source: "static" };
    expect(entries).toContainEqual(expect.objectContaining(ofHost));
    const floods = async () => (await host.millrace("vni"))[0].flood;
    const hasB = (flood: string[]) => flood.includes(VTEP_B);
    await waitFor("b in the flood list", floods, hasB, LIMIT_MS);
    const ofPod = `${pod.mac} dst ${VTEP_A}`;
    await waitFor(
      "our pod on b",
      () => fdbOf(lab.b),
      (fdb) => fdb.includes(ofPod),
      LIMIT_MS,
    );

    const before = await receivedByKernel(lab);
    await mustReach(pod, far);
    await mustReach(far, pod);
    for (const family of [4, 6] as const) {
      await exchangeStreams(scope, [pod, far], family, BYTES);
      await exchangeStreams(scope, [far, pod], family, BYTES);
    }
    await expectRightSums(lab.a.namespace, lab.b.namespace, lab.host, pod.namespace);
    expect(await receivedByKernel(lab)).toBe(before);

    await routerB.kill();
    await waitFor("nothing behind b", remote, ({ length }) => length === 0, LIMIT_MS);
    await waitFor("no flood list", floods, ({ length }) => length === 0, LIMIT_MS);
    for (const address of [far.ip4, far.ip6]) expect((await ping(pod, address)).received).toBe(0);
    await routerB.start();
    await hostSpeaks(lab);
    await waitFor("the host of b again", remote, hasHost, LIMIT_MS);
    await mustPing(pod, far.ip4, { patience: 15 });
    await mustPing(far, pod.ip6, { patience: 15 });
  });
});

/** Packets that came out of the VXLAN device on a, which is there for FRR alone. */
async function receivedByKernel({ a }: EvpnLab): Promise<number> {
  const [device] = JSON.parse(await ip(a, `-json -statistics link show ${DEVICE}`));
  return device.stats64.rx.packets;
}
