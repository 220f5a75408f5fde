import { existsSync, readdirSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { mustPing } from "../../fixtures/ping.ts";
import { type Pod, podOf } from "../../fixtures/pod.ts";
import { type CniCall, cni, mustCni } from "../../harness/cni-call.ts";
import type { Namespace } from "../../harness/namespace.ts";
import { REFERENCE_PLUGINS } from "../../harness/paths.ts";
import { expectAsBefore, findVf, stateOf } from "../fixtures/life-cycle.ts";
import { pfsOf } from "../fixtures/pci.ts";
import { agentScenario } from "../fixtures/scenario.ts";
import {
  expectCleanStart,
  expectNothingLeft,
  openVfLab,
  untilDead,
  type VfLab,
} from "../fixtures/vf-lab.ts";
import { createVfs } from "../fixtures/vfs.ts";

/** Links of emulated NICs take seconds to come up. */
const PATIENCE_S = 20;
const NAME = "planned";
const MACS = ["52:54:0a:00:00:01", "52:54:0a:00:00:02"];

function callOf(lab: VfLab, namespace: Namespace, deviceID: string): CniCall {
  const dataDir = join(lab.scope.dir, "addresses");
  const ranges = [[{ subnet: "10.8.0.0/24" }], [{ subnet: "fd08::/64" }]];
  const ipam = { type: "host-local", ranges, routes: [{ dst: "0.0.0.0/0" }], dataDir };
  return {
    ...{ network: NAME, containerId: namespace.name, netns: namespace.path, ifname: "net1" },
    ...{ socket: lab.agent.socket, cniVersion: "1.0.0", env: { CNI_PATH: REFERENCE_PLUGINS } },
    config: { mode: "vf", deviceID, ipam },
  };
}

function reserved({ scope }: VfLab): string[] {
  const dir = join(scope.dir, "addresses", NAME);
  return existsSync(dir) ? readdirSync(dir).filter((file) => isIP(file) !== 0) : [];
}

agentScenario("Pods on VFs get addresses of host-local, and give both back", async (scope) => {
  const lab = await openVfLab(scope);
  const addresses = await createVfs(scope, pfsOf("igb")[0] ?? "", 2, { macs: MACS });
  const vfs = await Promise.all(addresses.map(findVf));
  const before = await Promise.all(vfs.map(stateOf));
  const [a, b] = await Promise.all([
    attach(lab, "a", vfs[0]?.address),
    attach(lab, "b", vfs[1]?.address),
  ]);
  expect([a.ip4, b.ip4].sort()).toEqual(["10.8.0.2", "10.8.0.3"]);
  expect(await a.namespace.must("ip", ["route"])).toContain("default via 10.8.0.1 dev net1");
  await mustPing(a, b.ip4, { patience: PATIENCE_S });
  await mustPing(b, a.ip6, { patience: PATIENCE_S });
  for (const { call, result } of [a, b]) await mustCni("CHECK", { ...call, prevResult: result });
  for (const { call } of [a, b]) await mustCni("DEL", call);
  expect(reserved(lab)).toEqual([]);
  await expectNothingLeft(lab, a.namespace, b.namespace);
  for (const [n, vf] of vfs.entries()) await expectAsBefore(vf, before[n] as (typeof before)[0]);
});

agentScenario(
  "kill -9 right after the plugin's ADD leaks neither VF nor address",
  async (scope) => {
    const lab = await openVfLab(scope, { MILLRACE_FAILPOINT: "ipam.added" });
    const [address = ""] = await createVfs(scope, pfsOf("igb")[0] ?? "", 1, {
      macs: MACS.slice(0, 1),
    });
    const vf = await findVf(address);
    const before = await stateOf(vf);
    const call = callOf(lab, await lab.addPod("a"), address);
    expect((await cni("ADD", call)).json).toMatchObject({ code: 11 });
    await untilDead(lab.agent);
    expect(reserved(lab)).toHaveLength(2);
    await lab.restart();
    await expectCleanStart(lab);
    expect(reserved(lab)).toEqual([]);
    await expectNothingLeft(lab);
    await expectAsBefore(vf, before);
  },
);

async function attach(lab: VfLab, name: string, device = ""): Promise<Pod> {
  const namespace = await lab.addPod(name);
  const call = callOf(lab, namespace, device);
  const { json: result } = await mustCni("ADD", call);
  const [link] = result.interfaces;
  const pod = podOf({ name, namespace, call, result });
  return { ...pod, ifname: link.name, mac: link.mac };
}
