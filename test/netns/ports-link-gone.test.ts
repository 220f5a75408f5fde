import { expect } from "vitest";
import { addLanPod, bridged, foreignMac, learned, untilLearned } from "../fixtures/bridge.ts";
import { frame, send } from "../fixtures/bridge-frames.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

// The sweep alone would notice after so many seconds at the earliest.
const config = { reconcileInterval: 3600, networks: [...NETWORKS, bridged()] };
const LIMIT_MS = 1000;
const ROUNDS = 3;

/** Milliseconds until the port is gone and the attachment is lost. */
async function noticed(lab: Lab, pod: Pod, cut: () => Promise<unknown>): Promise<number> {
  await cut();
  const started = performance.now();
  await waitFor(
    `${pod.name} lost`,
    async () => {
      const { client } = lab.agent;
      const [ports, attachments] = [await client.ports(), await client.attachments()];
      const state = attachments.find(({ key }) => key === pod.key)?.state;
      return { state, port: ports.some(({ attachment }) => attachment === pod.key) };
    },
    ({ state, port }) => state === "lost" && !port,
    20_000,
  );
  return performance.now() - started;
}

for (const network of ["blue", "lan"] as const) {
  const add = (lab: Lab, name: string) =>
    network === "blue" ? lab.addPod(name) : addLanPod(lab, name);

  for (const [how, cut] of [
    [
      "A deleted link",
      (lab: Lab, pod: Pod) => lab.node.must("ip", ["link", "delete", pod.hostName]),
    ],
    ["A removed namespace", (_: Lab, pod: Pod) => pod.namespace.remove()],
  ] as const) {
    scenario(
      `${how} of a pod in network ${network} is noticed within a second`,
      { config },
      async (lab) => {
        const stays = await add(lab, "stays");
        const times: number[] = [];
        for (let i = 0; i < ROUNDS; i++) {
          const pod = await add(lab, `goes${i}`);
          await mustReach(pod, stays);
          times.push(Math.round(await noticed(lab, pod, () => cut(lab, pod))));
          await lab.deletePod(pod);
        }
        console.log(`${how}: noticed after ${times.join(", ")} ms`);
        expect(Math.min(...times)).toBeLessThan(LIMIT_MS);
        expect(Math.max(...times)).toBeLessThan(5 * LIMIT_MS);
        await mustReach(stays, await add(lab, "later"));
      },
    );
  }
}

scenario(
  "What was learned behind a pod is forgotten with its link",
  { config, needs: ["python"] },
  async (lab) => {
    const pod = await addLanPod(lab, "goes", { spoofchk: "off" });
    const mac = foreignMac(1);
    await send(pod, frame({ src: mac }));
    await untilLearned(lab, mac, pod);
    await noticed(lab, pod, () => lab.node.must("ip", ["link", "delete", pod.hostName]));
    expect(await learned(lab)).toEqual([]);
  },
);
