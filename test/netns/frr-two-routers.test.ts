import { expect, test } from "vitest";
import type { Lab } from "../fixtures/lab.ts";
import { mustPing, ping } from "../fixtures/ping.ts";
import { type Router, startRouter, whatRouterLacks } from "../fixtures/router.ts";
import {
  insideOf,
  ipBatch,
  kernelRoutes,
  manyPrefix,
  mirroredRoutes,
  mirroredTotal,
} from "../fixtures/routes.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import {
  addLoopback,
  connectUplink,
  type Far,
  POD_PREFIXES,
  restartWith,
  uplinkedNetwork,
} from "../fixtures/uplink.ts";
import { waitFor } from "../fixtures/wait.ts";

const ANNOUNCED = 10_000;
/** An address of the remote inside each of these prefixes. */
const PROBED = [0, 255, 4999, 9999].map((i) => insideOf(manyPrefix(i)));
const LIMIT_MS = 60_000;
const bgp = (as: number, own: string, peer: string, peerAs: number, announce: string[]) => [
  `router bgp ${as}`,
  ` bgp router-id ${own}`,
  // RFC 4271 4.2: three seconds are the least hold time.
  " timers bgp 1 3",
  " no bgp ebgp-requires-policy",
  " no bgp network import-check",
  ` neighbor ${peer} remote-as ${peerAs}`,
  ` neighbor ${peer} timers connect 1`,
  ` neighbor ${peer} advertisement-interval 0`,
  " address-family ipv4 unicast",
  ...announce.map((line) => `  ${line}`),
  " exit-address-family",
];

/** FRR in the node's namespace, beside Millrace, and at the far end of its uplink. */
async function startRouters(lab: Lab, far: Far): Promise<{ near: Router; remote: Router }> {
  const lines = Array.from({ length: ANNOUNCED }, (_, i) => `route add blackhole ${manyPrefix(i)}`);
  await ipBatch(far.namespace, lines);
  await addLoopback(far, ...PROBED.map((address) => `${address}/32`));
  const remote = await startRouter(lab.scope, {
    name: "remote",
    namespace: far.namespace,
    bgp: bgp(65002, far.ip4, far.node4, 65001, ["redistribute kernel"]),
  });
  const near = await startRouter(lab.scope, {
    name: "near",
    namespace: lab.node,
    bgp: bgp(65001, far.node4, far.ip4, 65002, [`network ${POD_PREFIXES[0]}`]),
  });
  return { near, remote };
}

/** Waits until the agent has what BGP announced, and tells how long it took. */
async function untilAnnounced(lab: Lab, count: number): Promise<number> {
  const started = performance.now();
  const total = async () => (await mirroredRoutes(lab, "20.0.0.0/8")).length;
  await waitFor(`${count} routes of BGP`, total, (now) => now === count, LIMIT_MS);
  return Math.round(performance.now() - started);
}

const lacks = whatRouterLacks();
const TITLE = "10 000 routes that FRR learns by BGP over a shared uplink come, go and come again";

if (lacks !== "") {
  test(TITLE, (context) => context.skip(true, lacks));
} else {
  scenario(TITLE, { needs: ["python"], timeoutMs: 300_000 }, async (lab) => {
    const far = await connectUplink(lab, 0, { routesBack: false });
    await restartWith(lab, [uplinkedNetwork([far.uplink])]);
    const pod = await lab.addPod("a");
    const connected = await mirroredTotal(lab);
    const { near, remote } = await startRouters(lab, far);
    const cameMs = await untilAnnounced(lab, ANNOUNCED);
    expect(await mirroredRoutes(lab)).toEqual(await kernelRoutes(lab.node, "main"));

    await waitFor(
      "the way back by BGP",
      () => far.namespace.must("ip", ["route", "show", POD_PREFIXES[0]]),
      (text) => text.includes(`via ${far.node4}`) && text.includes("proto bgp"),
      LIMIT_MS,
    );
    for (const address of PROBED) await mustPing(pod, address);
    const behind = { ...far, ip4: PROBED[2] ?? "" };
    await exchangeStreams(lab.scope, [pod, behind], 4, 3_000_000);
    await mustPing(behind, pod.ip4, { extra: ["-I", behind.ip4] });
    // Inside an announced prefix, but nobody has it: the remote's kernel discards it, not we.
    const silent = await ping(pod, insideOf(manyPrefix(0)).replace(/1$/, "9"));
    expect(silent).toMatchObject({ received: 0 });
    expect(silent.output).not.toContain("From");

    await remote.kill();
    const goneMs = await untilAnnounced(lab, 0);
    expect(await mirroredTotal(lab)).toBe(connected);
    for (const address of PROBED) {
      const { received, output } = await ping(pod, address, { count: 1 });
      expect(received).toBe(0);
      expect(output).toContain(`From ${pod.gateway4} icmp_seq=1 Destination Net Unreachable`);
    }

    await remote.start();
    const backMs = await untilAnnounced(lab, ANNOUNCED);
    for (const address of PROBED) await mustPing(pod, address, { patience: 20 });
    await exchangeStreams(lab.scope, [pod, behind], 4, 3_000_000);
    const { peers } = (await near.ask("show bgp ipv4 unicast summary")) as {
      peers: Record<string, { state: string; pfxRcd: number }>;
    };
    expect(peers[far.ip4]).toMatchObject({ state: "Established", pfxRcd: ANNOUNCED });
    const { overruns, messages, resyncs } = await lab.agent.client.mirror();
    console.log(
      `${ANNOUNCED} routes by BGP: there after ${cameMs} ms, withdrawn ${goneMs} ms after kill -9,` +
        ` back ${backMs} ms after the restart;` +
        ` mirror: ${messages} messages, ${overruns} overruns, ${resyncs} resyncs`,
    );
  });
}
