import { expect } from "vitest";
import { callAndDie, expectCleanStart } from "../fixtures/crash.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReach, mustReachGateway, ping } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import { waitFor } from "../fixtures/wait.ts";
import { mustCni } from "../harness/cni-call.ts";

const TC = { flowLane: true, portBackend: "tc" };
const networks = NETWORKS.map((one) => ({ ...one, ...TC }));
const onTc = { config: { networks } };
const onXdp = { config: { networks: NETWORKS } };

const STEPS = {
  4: "configurePod",
  5: "createCompanion",
  6: "addPort",
  7: "addRoutes",
  8: "journal commit",
} as const;

for (const [step, name] of Object.entries(STEPS)) {
  for (const suffix of ["", ".done"] as const) {
    const committed = `${step}${suffix}` === "8.done";
    scenario(
      `kill -9 ${suffix === "" ? "before" : "after"} step ${step} of ADD (${name}) leaves no companion without its pod`,
      onTc,
      async (lab) => {
        const { namespace, call } = await lab.preparePod("a");
        await lab.agent.stop();
        await lab.restart({ ...onTc, env: { MILLRACE_FAILPOINT: `add.${step}${suffix}` } });
        await callAndDie(lab, "ADD", call);
        await lab.restart(onTc);
        await expectCleanStart(lab);
        expect((await remainsOf(lab)).links).toHaveLength(committed ? 3 : 0);
        await mustCni("DEL", call);
        await expectBare(namespace);
        await expectNothingLeft(lab);
      },
    );
  }
}

scenario("DEL takes the companion away with the pod", onTc, async (lab) => {
  const [a, b] = await lab.addPair();
  await mustReach(a, b);
  expect((await remainsOf(lab)).links).toHaveLength(6);
  await lab.deletePod(b);
  expect((await remainsOf(lab)).links).toHaveLength(3);
  await mustReachGateway(a);
  await lab.deletePod(a);
  await expectNothingLeft(lab);
});

scenario(
  "A pod whose namespace vanishes takes its companion along",
  { config: { networks, reconcileInterval: 1 } },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const c = await lab.addPod("c");
    await b.namespace.remove();
    await waitFor(
      "the companion to go",
      () => remainsOf(lab),
      ({ links, ports }) => links.length === 6 && ports.length === 2,
    );
    await mustReach(a, c);
    await lab.deletePod(b);
  },
);

scenario(
  "After kill -9 the next agent makes the companions anew, and the pods still exchange streams",
  { needs: ["python"], ...onTc },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const c = await lab.addPod("c");
    await lab.agent.kill();
    await c.namespace.remove();
    const { client } = await lab.restart(onTc);
    expect((await client.status()).reconcile).toMatchObject({ restored: 2, failures: [] });
    expect((await remainsOf(lab)).links).toHaveLength(6);
    await exchangeStreams(lab.scope, [a, b], 4, 10_000_000);
  },
);

scenario("Without an agent a pod with a tc port reaches nothing", onTc, async (lab) => {
  const [a, b] = await lab.addPair();
  await lab.node.must("sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
  await mustReach(a, b);
  await lab.agent.stop();
  for (const target of [b.ip4, a.gateway4]) {
    expect(await ping(a, target)).toMatchObject({ sent: 3, received: 0 });
  }
  const links = (await lab.node.links()).map(({ ifname }) => ifname);
  expect(links.sort()).toEqual(["lo", a.hostName, b.hostName].sort());
});

scenario(
  "Pods change their backend with the configuration, from one agent to the next",
  onXdp,
  async (lab) => {
    const [a, b] = await lab.addPair();
    for (const { config, companions, backend } of [
      { ...onTc, companions: 4, backend: "tc" },
      { ...onXdp, companions: 0, backend: "xdp" },
    ]) {
      await lab.agent.kill();
      await lab.restart({ config });
      expect(await companionsOf(lab)).toHaveLength(companions);
      const ports = await lab.agent.client.ports();
      expect(ports.map((port) => port.backend)).toEqual([backend, backend]);
      await mustReach(a, b);
    }
  },
);

scenario("The companion has the MTU of its pod", onTc, async (lab) => {
  await lab.addPod("a", { config: { mtu: 1280 } });
  const links = await lab.node.links();
  const names = await companionsOf(lab);
  const mtus = links.filter(({ ifname }) => names.includes(ifname)).map(({ mtu }) => mtu);
  expect(mtus).toEqual([1280, 1280]);
});

scenario("CHECK names a companion that somebody has deleted", onTc, async (lab) => {
  const pod = await lab.addPod("a");
  const [first = ""] = await companionsOf(lab);
  await lab.node.must("ip", ["link", "delete", first]);
  const call = { ...pod.call, config: { ...pod.call.config, prevResult: pod.result } };
  await expect(mustCni("CHECK", call)).rejects.toThrow(/has no companion/);
});

async function companionsOf(lab: Lab): Promise<string[]> {
  const { links } = await remainsOf(lab);
  return links.filter((text) => text.includes("companion")).map((text) => text.split(" ")[0] ?? "");
}
