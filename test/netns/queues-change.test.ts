import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { PortView } from "../../src/agent/view.ts";
import {
  addLanPod,
  bridged,
  CPUS,
  expectCopiesBalanced,
  millrace,
  millraceJson,
} from "../fixtures/bridge.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import {
  framesByQueue,
  lossesOf,
  pacedDatagrams,
  queuesOf,
  setQueues,
  streamsUntil,
} from "../fixtures/queues.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import { waitFor } from "../fixtures/wait.ts";

const networks = [...NETWORKS, bridged()];
const LOAD = { seconds: 1, rate: 4000, flows: 64 };
const needs = ["python", "ethtool"] as const;

const untilQueues = (lab: Lab, pod: Pod, count: number) =>
  waitFor(
    `${count} queues of ${pod.name}`,
    () => queuesOf(lab, pod),
    (queues) => queues.length === count,
    5000,
  );

/** Both flows and answers of 64 flows; by how much the frames of each queue have grown. */
async function grownByQueue(lab: Lab, from: Pod, to: Pod): Promise<number[]> {
  const before = await framesByQueue(lab, from);
  const fate = await pacedDatagrams(lab, [from, to], 4, LOAD);
  const after = await framesByQueue(lab, from);
  expect(fate.twice).toBe(0);
  return after.map((count, i) => count - (before[i] ?? 0));
}

for (const cpus of CPUS.length < 2 ? [[]] : [[], CPUS]) {
  const workers = Math.max(1, cpus.length);
  for (const [title, dataplane, netconf, network] of [
    ["dataplane.podQueues", { podQueues: 2 }, {}, "routed"],
    ["queues in the network configuration", {}, { queues: 2 }, "routed"],
    ["dataplane.podQueues", { podQueues: 2 }, {}, "bridged"],
  ] as const) {
    scenario(
      `Both queues that ${title} gives carry traffic of a ${network} network with ${workers} workers`,
      { config: { networks, dataplane: { cpus, ...dataplane } }, needs },
      async (lab) => {
        const add = (name: string) =>
          network === "routed"
            ? lab.addPod(name, { config: netconf })
            : addLanPod(lab, name, netconf);
        const [a, b] = [await add("a"), await add("b")];
        const ports = await millraceJson<PortView[]>(lab, "ports");
        for (const { queues } of ports) {
          expect(queues.map(({ queue }) => queue)).toEqual([0, 1]);
          const used = new Set(queues.map(({ worker }) => worker));
          expect(used.size).toBe(workers);
        }
        const text = (await millrace(lab, "ports")).stdout;
        expect(text).toContain(workers === 1 ? "0-1 on worker 0" : "1 on worker 1");
        const grown = await grownByQueue(lab, a, b);
        console.log(`frames by queue: ${grown.join(", ")}`);
        expect(grown).toHaveLength(2);
        for (const count of grown) expect(count).toBeGreaterThan(LOAD.rate / 20);
        for (const family of [4, 6] as const) {
          await exchangeStreams(lab.scope, [a, b], family, 5_000_000);
        }
        await expectCopiesBalanced(lab);
      },
    );
  }
}

const two = { networks, dataplane: { podQueues: 2, cpus: CPUS } };

scenario(
  "A pod that sends by one queue is served by one, and by both when it sends by two again",
  { config: two, needs, timeoutMs: 60_000 },
  async (lab) => {
    const [a, b] = await lab.addPair();
    await mustReach(a, b);
    const changing = (async () => {
      for (const tx of [1, 2, 1, 2, 1]) {
        await setQueues(lab, a, "pod", { tx });
        await delay(200);
      }
    })();
    const streams = await streamsUntil(
      (bytes) => exchangeStreams(lab.scope, [a, b], 4, bytes),
      changing,
    );
    const one = await grownByQueue(lab, a, b);
    await setQueues(lab, a, "pod", { tx: 2 });
    const both = await grownByQueue(lab, a, b);
    console.log(`${streams} streams; frames by queue ${one.join(", ")}, then ${both.join(", ")}`);
    expect(one[0]).toBeGreaterThan(LOAD.rate / 2);
    expect(one[1]).toBeLessThan(LOAD.rate / 100);
    for (const count of both) expect(count).toBeGreaterThan(LOAD.rate / 20);
    expect(await queuesOf(lab, a)).toHaveLength(2);
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "The kernel refuses fewer queues than are bound, and traffic goes on",
  { config: two, needs },
  async (lab) => {
    const [a, b] = await lab.addPair();
    await setQueues(lab, a, "pod", { tx: 1 });
    const refused = setQueues(lab, a, "host", { rx: 1, tx: 1 });
    await expect(refused).rejects.toThrow(/AF_XDP/);
    await setQueues(lab, a, "pod", { tx: 2 });
    expect(await queuesOf(lab, a)).toHaveLength(2);
    await exchangeStreams(lab.scope, [a, b], 4, 5_000_000);
    for (const count of await grownByQueue(lab, a, b)) {
      expect(count).toBeGreaterThan(LOAD.rate / 20);
    }
  },
);

scenario(
  "A pod whose queues were taken while the agent was away is served, and gets them back under load",
  { config: two, needs, timeoutMs: 60_000 },
  async (lab) => {
    const [a, b] = await lab.addPair();
    await lab.agent.stop();
    await setQueues(lab, a, "pod", { tx: 1 });
    await setQueues(lab, a, "host", { rx: 1, tx: 1 });
    await lab.restart();
    await mustReach(a, b);
    expect((await queuesOf(lab, a)).map(({ queue }) => queue)).toEqual([0]);
    // A veth gives a new queue no XDP program: what comes there must not pass by the loop.
    const changing = (async () => {
      await delay(200);
      await setQueues(lab, a, "host", { rx: 2, tx: 2 });
      const started = performance.now();
      await untilQueues(lab, a, 2);
      console.log(`two queues bound ${Math.round(performance.now() - started)} ms after ethtool`);
      await setQueues(lab, a, "pod", { tx: 2 });
      await delay(200);
    })();
    const streams = await streamsUntil(
      (bytes) => exchangeStreams(lab.scope, [a, b], 4, bytes),
      changing,
    );
    const grown = await grownByQueue(lab, a, b);
    console.log(
      `${streams} streams, frames by queue ${grown.join(", ")}, ${JSON.stringify(await lossesOf(lab))}`,
    );
    for (const count of grown) expect(count).toBeGreaterThan(LOAD.rate / 20);
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "More queues than a port may have are refused by ADD with what is accepted",
  { config: { networks } },
  async (lab) => {
    await expect(lab.addPod("a", { config: { queues: 17 } })).rejects.toThrow(/queues.*16/s);
    await expect(lab.addPod("b", { config: { queues: 0 } })).rejects.toThrow(/queues.*1/s);
    await mustReach(await lab.addPod("c", { config: { queues: 16 } }), await lab.addPod("d"));
  },
);
