import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { SriovPolicy } from "../../../src/config/schema.ts";
import { loadNative } from "../../../src/dataplane/native.ts";
import { vfMac } from "../../../src/networks/mac.ts";
import { OriginalFile } from "../../../sriov/policy/original-file.ts";
import { discoverHost, provision } from "../../../sriov/policy/provision.ts";
import { createNamespace } from "../../harness/namespace.ts";
import { must } from "../../harness/run.ts";
import { ifnameOf, macOf, pfsOf, writeDevice } from "../fixtures/pci.ts";
import { guestScenario } from "../fixtures/scenario.ts";

const ANY = { vendors: [], devices: [], drivers: [], pfNames: [], rootDevices: [] };

/** Follows one policy, as the agent does at its start. @returns what was logged */
async function follow(pf: string, policy: Partial<SriovPolicy>): Promise<string[]> {
  const native = loadNative();
  const selectors = { ...ANY, pciAddresses: [pf] };
  const lines: string[] = [];
  const tell = (_: object, text: string) => lines.push(text);
  const file = new OriginalFile(await mkdtemp(join(tmpdir(), "provision-")), "this boot");
  await provision(
    { native, vfs: native, used: new Map() },
    [{ name: "fast", selectors, allowDefaultRoute: false, ...policy }],
    file,
    { info: tell, warn: tell, error: tell },
  );
  return lines;
}

const vfsOf = async (pf: string) =>
  (await discoverHost({ native: loadNative() })).find(({ address }) => address === pf)?.vfs ?? [];

guestScenario(
  "A policy makes VFs with addresses that last, and refuses while one is away",
  async (scope) => {
    const [pf = ""] = pfsOf("igb");
    scope.cleanup.defer(() => writeDevice(pf, "sriov_numvfs", "0"));
    await must("ip", ["link", "set", ifnameOf(pf), "up"]);
    expect((await follow(pf, { numVfs: 3 })).at(-1)).toBe("a PF is as its policy says");
    const made = await vfsOf(pf);
    expect(made.map(({ driver }) => driver)).toEqual(["igbvf", "igbvf", "igbvf"]);
    const pfMac = macOf(ifnameOf(pf));
    for (const { ifname, address } of made) expect(macOf(ifname)).toBe(vfMac(pfMac, address));
    expect(await follow(pf, { numVfs: 3 })).toEqual([]);

    const pod = await createNamespace(scope, "pod");
    const [first] = made;
    await must("ip", ["link", "set", first?.ifname ?? "", "netns", pod.name]);
    const [refusal] = await follow(pf, { numVfs: 2 });
    expect(refusal).toContain(
      `VF 0 (${first?.address}) has its netdev in another network namespace`,
    );
    expect(await vfsOf(pf)).toHaveLength(3);
    await pod.remove();
  },
);
