import { expect } from "vitest";
import { addIpamPod, hostLocal, reservedIn } from "../fixtures/ipam.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustPing } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { mustCni } from "../harness/cni-call.ts";

const needs = ["hostLocal"] as const;
const config = { networks: [{ name: "lan", kind: "bridged" }] };
const at = (address: string, routes: unknown[] = []) => ({
  type: "static",
  addresses: [{ address: `${address}/24`, gateway: "10.83.1.254" }],
  routes,
});

scenario(
  "Pods of a bridged network get addresses and routes of the static plugin as they are",
  { needs, config },
  async (lab) => {
    const routes = [{ dst: "0.0.0.0/0" }, { dst: "10.99.0.0/16", gw: "10.83.1.9" }];
    const a = await addIpamPod(lab, "a", at("10.83.1.7", routes), { network: "lan" });
    const b = await addIpamPod(lab, "b", at("10.83.1.8"), { network: "lan" });
    expect(a.result.ips).toEqual([
      { address: "10.83.1.7/24", gateway: "10.83.1.254", interface: 1 },
    ]);
    const shown = await a.namespace.must("ip", ["route"]);
    expect(shown).toContain("default via 10.83.1.254 dev eth0");
    expect(shown).toContain("10.99.0.0/16 via 10.83.1.9 dev eth0");
    await mustPing(a, b.ip4);
    await mustCni("CHECK", { ...a.call, prevResult: a.result });
    for (const pod of [a, b]) await lab.deletePod(pod);
    await expectNothingLeft(lab);
  },
);

scenario(
  "A pod that gets the address of one before is reached at once by those who knew it",
  { needs, config },
  async (lab) => {
    const b = await addIpamPod(lab, "b", at("10.83.1.8"), { network: "lan" });
    const a = await addIpamPod(lab, "a", at("10.83.1.7"), { network: "lan" });
    await mustPing(b, "10.83.1.7");
    await lab.deletePod(a);
    const next = await addIpamPod(lab, "next", at("10.83.1.7"), { network: "lan" });
    expect(next.mac).not.toBe(a.mac);
    await expect
      .poll(() => b.namespace.must("ip", ["neigh", "show", "10.83.1.7"]))
      .toContain(next.mac);
    await mustPing(b, "10.83.1.7");
  },
);

scenario(
  "An address that another pod of the network has is refused and given back",
  { needs, config },
  async (lab) => {
    const ranges = [[{ subnet: "10.83.1.0/24", rangeStart: "10.83.1.7" }]];
    await addIpamPod(lab, "a", at("10.83.1.7"), { network: "lan" });
    const b = addIpamPod(lab, "b", hostLocal(lab, { ranges }), { network: "lan" });
    await expect(b).rejects.toThrow(
      /gave the address 10\.83\.1\.7, which attachment .*-a:eth0 has/,
    );
    expect(reservedIn(lab, "lan")).toEqual([]);
  },
);
