import { expect } from "vitest";
import { expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustPing, ping } from "../fixtures/ping.ts";
import { python, startPython } from "../fixtures/python.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import { connectUplink, hostAsPod, restartWith, uplinkedNetwork } from "../fixtures/uplink.ts";
import { receivedBy, startFlood } from "../fixtures/uplink-flood.ts";

const SCRIPT = "uplink_traffic.py";
const SSH = 22;
const KUBELET = 10250;
const PINGS = 100;
const NAMES = 30;
const BYTES = 1_500_000;
/** Of a series; the CPU that is flooded loses some. */
const MOST_LOST = 0.5;

interface Resolved {
  answered: number;
  attempts: number;
  slowest_ms: number;
}

interface Connected {
  answered: number;
  slowest_ms: number;
}

async function whileFlooded(
  lab: Lab,
  ifname: string,
  work: () => Promise<void>,
): Promise<{ seconds: number; perSecond: number; taken: number }> {
  const started = performance.now();
  const before = await receivedBy(lab, ifname);
  const takenBefore = await takenFrom(lab, ifname);
  await work();
  const seconds = (performance.now() - started) / 1000;
  const perSecond = ((await receivedBy(lab, ifname)) - before) / seconds;
  return { seconds, perSecond, taken: (await takenFrom(lab, ifname)) - takenBefore };
}

/** Packets that Millrace has taken from the uplink. */
async function takenFrom(lab: Lab, ifname: string): Promise<number> {
  const { ports } = await lab.agent.client.counters();
  return ports.find((port) => port.ifname === ifname)?.counters["rx_packets"] ?? 0;
}

scenario(
  "A flood for pods on a shared uplink leaves ping, DNS, TCP and ARP of the node working",
  { needs: ["python"], timeoutMs: 180_000 },
  async (lab) => {
    const far = await connectUplink(lab);
    await restartWith(lab, [uplinkedNetwork([far.uplink])]);
    const node = hostAsPod("node", lab.node, far.node4, far.node6);
    const pod = await lab.addPod("a");
    await mustPing(far, pod.ip4);
    await startPython(lab.scope, far.namespace, SCRIPT, "dns", far.ip4);
    await startPython(lab.scope, lab.node, SCRIPT, "serve", far.node4, SSH, KUBELET);
    const connect = (port: number) =>
      python<Connected>(far.namespace, SCRIPT, "connect", far.node4, port, 10);

    // To a pod, and to an address of the prefix that nobody has.
    const flood = await startFlood(lab, far, [pod.ip4, "10.81.1.250"]);
    const load = await whileFlooded(lab, far.uplink, async () => {
      const series = await ping(node, far.ip4, { count: PINGS });
      const dns = await python<Resolved>(lab.node, SCRIPT, "resolve", far.ip4, NAMES);
      const [ssh, kubelet] = [await connect(SSH), await connect(KUBELET)];
      const started = performance.now();
      await exchangeStreams(lab.scope, [node, far], 4, BYTES);
      const transferMs = Math.round(performance.now() - started);
      for (const { namespace } of [node, far]) {
        await namespace.must("ip", ["neighbour", "flush", "dev", far.uplink]);
      }
      await mustPing(node, far.ip4, { patience: 10 });
      await mustPing(far, far.node4, { patience: 10 });
      await mustPing(node, far.ip6, { patience: 10 });
      console.log(
        `ping ${series.received} of ${series.sent}; DNS ${dns.answered} of ${NAMES} in` +
          ` ${dns.attempts} attempts, slowest ${dns.slowest_ms} ms; ports ${SSH} and ${KUBELET}` +
          ` ${ssh.answered} + ${kubelet.answered} of 20, slowest` +
          ` ${Math.max(ssh.slowest_ms, kubelet.slowest_ms)} ms; 2 x ${BYTES} bytes in ${transferMs} ms`,
      );
      expect(series.received).toBeGreaterThan(series.sent * (1 - MOST_LOST));
      expect(dns.answered).toBe(NAMES);
      expect([ssh.answered, kubelet.answered]).toEqual([10, 10]);
    });
    await flood.stop();
    console.log(
      `flood by ${flood.by}: ${Math.round(load.perSecond)} packets/s on the uplink for` +
        ` ${load.seconds.toFixed(1)} s, ${load.taken} taken by Millrace`,
    );
    // Without a flood the test shows nothing.
    expect(load.perSecond).toBeGreaterThan(20_000);
    expect(load.taken).toBeGreaterThan(load.perSecond);
    await mustPing(far, pod.ip4, { patience: 20 });
    await mustPing(node, far.ip4, { count: 20 });
    await expectBalanced(lab);
  },
);
