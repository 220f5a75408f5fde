import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { PortMoved } from "../../src/agent/forwarding-view.ts";
import {
  addLanPod,
  bridged,
  expectCopiesBalanced,
  millrace,
  millraceJson,
} from "../fixtures/bridge.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import {
  lossesOf,
  pacedDatagrams,
  queuesOf,
  streamsUntil,
  twoWorkerScenario,
} from "../fixtures/queues.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import { waitFor } from "../fixtures/wait.ts";

const MOVES = 50;
const PAUSE_MS = 50;
const LOAD = { seconds: 6, rate: 5000, flows: 8 };
const big = { name: "big", nodePrefixes: ["10.84.1.0/24", "fd84:1::/64"], mtu: 9000 };
const config = { networks: [...NETWORKS, big, bridged()] };
const needs = ["python"] as const;

/** Sends one queue after the other to the other worker; returns milliseconds of each move. */
async function moveAbout(lab: Lab, pods: readonly Pod[], queues = 1): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < MOVES; i++) {
    const pod = pods[i % pods.length];
    if (pod === undefined) break;
    const queue = Math.floor(i / pods.length) % queues;
    const before = await queuesOf(lab, pod);
    const worker = 1 - (before[queue]?.worker ?? 0);
    const started = performance.now();
    const moved = await lab.agent.client.movePort({ port: pod.hostName, queue, worker });
    times.push(performance.now() - started);
    expect(moved.queues).toEqual(
      before.map((one) => (one.queue === queue ? { queue, worker } : one)),
    );
    await delay(PAUSE_MS);
  }
  return times;
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const timesText = (times: readonly number[]) =>
  `${times.length} moves of ${median(times).toFixed(2)} ms (median), ${Math.max(...times).toFixed(1)} ms at most`;

for (const [network, add] of [
  ["routed", (lab: Lab, name: string) => lab.addPod(name)],
  ["bridged", addLanPod],
  ["jumbo", (lab: Lab, name: string) => lab.addPod(name, { network: "big" })],
] as const) {
  const open = async (lab: Lab): Promise<[Pod, Pod]> => {
    const pods: [Pod, Pod] = [await add(lab, "a"), await add(lab, "b")];
    await mustReach(...pods);
    return pods;
  };

  twoWorkerScenario(
    `Ports of a ${network} network move between workers during a TCP stream without a wrong byte`,
    { config, needs, timeoutMs: 60_000 },
    async (lab) => {
      const pods = await open(lab);
      const moving = moveAbout(lab, pods);
      const streams = await streamsUntil(
        (bytes) => exchangeStreams(lab.scope, pods, 4, bytes),
        moving,
      );
      const losses = await lossesOf(lab);
      console.log(
        `${timesText(await moving)}; ${streams} streams, losses ${JSON.stringify(losses)}`,
      );
      await expectCopiesBalanced(lab);
    },
  );

  twoWorkerScenario(
    `Ports of a ${network} network move between workers and no paced datagram is lost`,
    { config, needs, timeoutMs: 60_000 },
    async (lab) => {
      const pods = await open(lab);
      const before = await lossesOf(lab);
      const [fate, times] = await Promise.all([
        pacedDatagrams(lab, pods, 4, LOAD),
        moveAbout(lab, pods),
      ]);
      const after = await lossesOf(lab);
      const counted = sum(after) - sum(before);
      console.log(`${timesText(times)}; ${JSON.stringify({ fate, before, after })}`);
      expect(fate.sent).toBeGreaterThan(LOAD.rate);
      expect(fate.twice).toBe(0);
      // None at all unless a machine short of CPUs let a ring run full, which is counted.
      expect(fate.sent - fate.received).toBeLessThanOrEqual(counted);
      await expectCopiesBalanced(lab);
    },
  );
}

twoWorkerScenario(
  "Ports of two queues have them moved one by one, and neither bytes nor datagrams are lost",
  { config, needs, timeoutMs: 60_000 },
  async (lab) => {
    const add = (name: string) => lab.addPod(name, { config: { queues: 2 } });
    const pods: [Pod, Pod] = [await add("a"), await add("b")];
    await mustReach(...pods);
    const streaming = moveAbout(lab, pods, 2);
    const stream = (bytes: number) => exchangeStreams(lab.scope, pods, 6, bytes);
    const streams = await streamsUntil(stream, streaming);
    const before = await lossesOf(lab);
    const [fate, times] = await Promise.all([
      pacedDatagrams(lab, pods, 6, LOAD),
      moveAbout(lab, pods, 2),
    ]);
    const after = await lossesOf(lab);
    console.log(
      `${timesText(times)}; ${streams} streams, ${JSON.stringify({ fate, before, after })}`,
    );
    const counted = sum(after) - sum(before);
    expect(fate.twice).toBe(0);
    expect(fate.sent - fate.received).toBeLessThanOrEqual(counted);
    await expectCopiesBalanced(lab);
  },
);

twoWorkerScenario(
  "millrace ports move says where the queue is now, and ports shows it",
  { config, needs },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const streams = exchangeStreams(lab.scope, [a, b], 6, 50_000_000);
    for (const worker of [0, 1, 0, 1]) {
      const text = await millrace(lab, "ports", "move", a.hostName, "--worker", `${worker}`);
      expect(text).toMatchObject({ exitCode: 0, stderr: "" });
      expect(text.stdout).toMatch(new RegExp(`^${a.hostName} .*: queues 0 on worker ${worker}\n$`));
      const args = ["ports", "move", b.ip4, "--queue", "0", "--worker", `${1 - worker}`];
      const moved = await millraceJson<PortMoved>(lab, ...args);
      expect(moved).toMatchObject({
        ifname: b.hostName,
        queues: [{ queue: 0, worker: 1 - worker }],
      });
      expect((await millrace(lab, "ports")).stdout).toContain(`0 on worker ${worker}`);
      expect(await queuesOf(lab, a)).toEqual([{ queue: 0, worker }]);
    }
    await streams;
    const { workers } = await lab.agent.client.status();
    expect(workers.map(({ ports }) => ports)).toEqual([1, 1]);
  },
);

twoWorkerScenario(
  "A move that cannot be made says in one line what is wrong, and nothing moves",
  { config },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const before = [await queuesOf(lab, a), await queuesOf(lab, b)];
    const cases = [
      [["nobody", "--worker", "1"], /port = "?nobody"?: no such port.*there is/],
      [["eth0", "--worker", "1"], /2 ports are called so.*name one of/],
      [[a.hostName, "--worker", "2"], /worker = 2/],
      [[a.hostName, "--queue", "1", "--worker", "1"], /queue = 1/],
    ] as const;
    for (const [args, words] of cases) {
      const { exitCode, stdout, stderr } = await millrace(lab, "ports", "move", ...args);
      console.log(stderr.trimEnd());
      expect(stderr).toMatch(words);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    }
    for (const args of [
      ["ports", "move", a.hostName],
      ["ports", "move", a.hostName, "--worker", "x"],
    ]) {
      expect(await millrace(lab, ...args)).toMatchObject({ exitCode: 1, stdout: "" });
    }
    expect([await queuesOf(lab, a), await queuesOf(lab, b)]).toEqual(before);
    await mustReach(a, b);
  },
);

twoWorkerScenario(
  "A port that goes while it is being moved leaves the others alone",
  { config, timeoutMs: 60_000 },
  async (lab) => {
    const [a, b] = await lab.addPair();
    for (let i = 0; i < 5; i++) {
      const c = await lab.addPod(`c${i}`);
      await mustReach(a, c);
      const { client } = lab.agent;
      const moves = Array.from({ length: 20 }, (_, n) =>
        client.movePort({ port: c.hostName, queue: 0, worker: n % 2 }).then(
          () => "moved",
          (error: Error) => error.message,
        ),
      );
      await Promise.all([lab.deletePod(c), ...moves]);
      const said = new Set(await Promise.all(moves));
      said.delete("moved");
      for (const text of said) expect(text).toMatch(/no such port|has no port|does not exist/);
    }
    await mustReach(a, b);
    await waitFor(
      "two queues in service",
      async () => (await lab.agent.client.status()).workers.reduce((n, { ports }) => n + ports, 0),
      (count) => count === 2,
    );
  },
);
