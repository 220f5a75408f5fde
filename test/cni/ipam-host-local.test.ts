import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { addIpamPod, hostLocal, prepareIpamPod, reservedIn } from "../fixtures/ipam.ts";
import { expectBare, expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReach, mustReachGateway } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { cni, mustCni } from "../harness/cni-call.ts";

const needs = ["hostLocal"] as const;

scenario(
  "Pods with addresses of host-local reach each other and their gateway",
  { needs },
  async (lab) => {
    const a = await addIpamPod(lab, "a", hostLocal(lab));
    const b = await addIpamPod(lab, "b", hostLocal(lab));
    const c = await lab.addPod("c");
    expect([a.ip4, a.ip6, b.ip4, b.ip6]).toEqual([
      "10.81.1.100",
      "fd81:1::100",
      "10.81.1.101",
      "fd81:1::101",
    ]);
    expect(reservedIn(lab)).toHaveLength(4);
    await mustReachGateway(a);
    await mustReach(a, b);
    await mustReach(b, c);
    for (const { call, result: prevResult } of [a, b])
      await mustCni("CHECK", { ...call, prevResult });
    for (const pod of [a, b, c]) await lab.deletePod(pod);
    await expectNothingLeft(lab);
    expect(reservedIn(lab)).toEqual([]);
  },
);

scenario(
  "The name servers of the IPAM plugin are passed on unless the configuration has its own",
  { needs },
  async (lab) => {
    const { call } = await prepareIpamPod(lab, "a", {
      type: "static",
      addresses: [{ address: "10.81.1.77/24" }],
      dns: { nameservers: ["10.81.1.53"] },
    });
    expect((await mustCni("ADD", call)).json.dns).toEqual({ nameservers: ["10.81.1.53"] });
    await mustCni("DEL", call);
    const own = { ...call, config: { ...call.config, dns: { domain: "example.test" } } };
    expect((await mustCni("ADD", own)).json.dns).toEqual({ domain: "example.test" });
  },
);

scenario("CHECK says what the IPAM plugin does not know any more", { needs }, async (lab) => {
  const { call, result } = await addIpamPod(lab, "a", hostLocal(lab));
  rmSync(join(lab.scope.dir, "addresses", "blue", "10.81.1.100"));
  rmSync(join(lab.scope.dir, "addresses", "blue", "fd81:1::100"));
  const { exitCode, json } = await cni("CHECK", { ...call, prevResult: result });
  expect(exitCode).toBe(1);
  expect(json.msg).toMatch(/^IPAM plugin host-local: /);
});

scenario(
  "DEL gives the addresses back when namespace and configuration are gone, and repeated",
  { needs },
  async (lab) => {
    const a = await addIpamPod(lab, "a", hostLocal(lab));
    const b = await addIpamPod(lab, "b", hostLocal(lab));
    await a.namespace.remove();
    await mustCni("DEL", { ...a.call, netns: "" });
    // A configuration that was edited since.
    await mustCni("DEL", { ...b.call, config: {} });
    expect(reservedIn(lab)).toEqual([]);
    for (const { call } of [a, b]) await mustCni("DEL", call);
    await expectBare(b.namespace);
    await expectNothingLeft(lab);
  },
);

scenario(
  "DEL gives the addresses back of an attachment that the agent has lost",
  { needs },
  async (lab) => {
    const { call, namespace } = await addIpamPod(lab, "a", hostLocal(lab));
    await lab.agent.kill();
    rmSync(lab.agent.stateDir, { recursive: true });
    await lab.restart();
    expect(reservedIn(lab)).toHaveLength(2);
    await mustCni("DEL", call);
    expect(reservedIn(lab)).toEqual([]);
    await expectBare(namespace);
  },
);

scenario(
  "The agent gives addresses back of pods that have gone with their node's links",
  { needs },
  async (lab) => {
    const a = await addIpamPod(lab, "a", hostLocal(lab));
    const b = await addIpamPod(lab, "b", hostLocal(lab));
    await lab.agent.stop();
    await a.namespace.remove();
    await lab.restart();
    expect(reservedIn(lab)).toHaveLength(2);
    await lab.deletePod(b);
    await expectNothingLeft(lab);
    expect(reservedIn(lab)).toEqual([]);
  },
);

scenario("GC gives the addresses back of what is not valid any more", { needs }, async (lab) => {
  const a = await addIpamPod(lab, "a", hostLocal(lab));
  const b = await addIpamPod(lab, "b", hostLocal(lab));
  const config = {
    ...a.call.config,
    "cni.dev/valid-attachments": [{ containerID: a.call.containerId, ifname: a.call.ifname }],
  };
  await mustCni("GC", { ...a.call, cniVersion: "1.1.0", config });
  expect(reservedIn(lab).sort()).toEqual(["10.81.1.100", "fd81:1::100"]);
  await expectBare(b.namespace);
  await mustReachGateway(a);
});
