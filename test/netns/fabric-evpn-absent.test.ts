import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { type AgentHost, startAgentHost, withLog } from "../fixtures/agent-host.ts";
import {
  addVxlan,
  evpnScenario,
  ip,
  LIMIT_MS,
  openEvpnLab,
  VNI,
  VTEP_B,
} from "../fixtures/evpn.ts";
import { waitFor } from "../fixtures/wait.ts";

const LATER_VNI = 200;
const MACS = { known: "02:00:00:00:0b:01", fresh: "02:00:00:00:0b:02", kept: "02:00:00:00:0b:03" };

const bridged = (name: string, vni: number, third: number) => ({
  ...{ name, kind: "bridged", vni, learning: false },
  ...{ nodePrefixes: [`10.50.${third}.16/28`], clusterPrefixes: [`10.50.${third}.0/24`] },
});
const CONFIG = {
  networks: [
    { name: "under", uplinks: [{ interface: "under" }], mirror: { table: "main" } },
    bridged("lan", VNI, 0),
    bridged("later", LATER_VNI, 1),
  ],
  vteps: [{ name: "vtep0", underlay: "under" }],
  fabric: {
    ...{ driver: "evpn", nodeName: "a" },
    devices: [{ vxlan: `vxlan${VNI}` }, { vxlan: `vxlan${LATER_VNI}` }],
  },
};

const TITLE = "A restart while a VXLAN device is missing takes nothing from its network";

evpnScenario(TITLE, async (scope) => {
  const { a } = await openEvpnLab(scope);
  await addVxlan(a, LATER_VNI);
  /** As FRR writes what it has learned. */
  const learn = (vni: number, mac: string) =>
    a.namespace.must("bridge", [
      ...["fdb", "add", mac, "dev", `vxlan${vni}`, "dst", VTEP_B, "self", "extern_learn"],
    ]);
  await learn(VNI, MACS.known);
  await learn(LATER_VNI, MACS.kept);
  const first = await startAgentHost(scope, a.namespace, CONFIG);
  await withLog(first, async () => {
    await untilBehindB(first, "lan", MACS.known);
    await untilBehindB(first, "later", MACS.kept);
  });
  await first.agent.stop();
  await ip(a, `link del vxlan${LATER_VNI}`);
  await ip(a, `link del br${LATER_VNI}`);
  await learn(VNI, MACS.fresh);

  const second = await startAgentHost(scope, a.namespace, CONFIG);
  await withLog(second, async () => {
    await untilBehindB(second, "lan", MACS.known, MACS.fresh);
    expect(await behindB(second, "later")).toEqual([MACS.kept]);
    expect(await second.millrace("fabric")).toMatchObject({
      ...{ connected: false, lastError: `vxlan${LATER_VNI}: there is no such VXLAN device` },
    });
    await addVxlan(a, LATER_VNI);
    await untilBehindB(second, "later");
    expect(await behindB(second, "lan")).toEqual([MACS.known, MACS.fresh]);
    const isConnected = async () => (await second.millrace("fabric")).connected;
    await waitFor("all is well", isConnected, Boolean);
  });
});

async function behindB(host: AgentHost, network: string): Promise<string[]> {
  const { entries } = await host.millrace("fdb", "--network", network);
  const some = entries.filter(({ peer }: { peer: string }) => peer === VTEP_B);
  return some.map(({ mac }: { mac: string }) => mac).sort();
}

async function untilBehindB(host: AgentHost, network: string, ...macs: string[]): Promise<void> {
  const ask = () => behindB(host, network);
  await waitFor(`${macs} in ${network}`, ask, (all) => isDeepStrictEqual(all, macs), LIMIT_MS);
}
