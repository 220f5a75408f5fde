import { expect } from "vitest";
import { FOR_VFS, grantedCapabilities, holding } from "../../fixtures/deploy.ts";
import { createNamespace } from "../../harness/namespace.ts";
import { podLink } from "../fixtures/life-cycle.ts";
import { pfsOf, vfsOf, writeDevice } from "../fixtures/pci.ts";
import { agentScenario } from "../fixtures/scenario.ts";
import { startVfPlugin } from "../fixtures/vf-plugins.ts";
import { vfCount } from "../fixtures/vfs.ts";

const MAC = "02:00:00:00:00:79";

agentScenario(
  "the capabilities of the chart are enough to make VFs and give them to pods",
  async (scope) => {
    const [pf = ""] = pfsOf("igb");
    scope.cleanup.defer(() => writeDevice(pf, "sriov_numvfs", "0"));
    const policy = { name: "made", selectors: { rootDevices: [pf] }, numVfs: 2 };
    const { agent, call } = await startVfPlugin(scope, {
      sriov: { policies: [policy] },
      ...holding([...grantedCapabilities(), ...FOR_VFS]),
    });
    expect(vfCount(pf)).toBe(2);
    const [vf = ""] = vfsOf(pf);
    const pod = await createNamespace(scope, "pod");
    const wish = { pod, vf, keys: { vlan: 100, mac: MAC, trust: "on" } };
    const added = await call("ADD", wish);
    expect(added.exitCode, added.stdout).toBe(0);
    expect(await podLink(pod)).toMatchObject({ address: MAC });
    const { keys } = wish;
    const check = await call("CHECK", { ...wish, keys: { ...keys, prevResult: added.json } });
    expect(check.stdout).toBe("");
    expect((await call("DEL", wish)).stdout).toBe("");
    expect(agent.log()).not.toMatch(/EPERM|EACCES|not permitted/);
  },
);
