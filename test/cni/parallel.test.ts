import { expect } from "vitest";
import type { Lab } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustPing } from "../fixtures/ping.ts";
import { type CniOutput, podOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type CniCall, cni } from "../harness/cni-call.ts";
import type { Namespace } from "../harness/namespace.ts";

const PODS = 50;

interface Prepared {
  namespace: Namespace;
  call: CniCall;
}

scenario(
  `${PODS} ADDs at once get addresses of their own, ${PODS} DELs at once leave nothing, and again`,
  { timeoutMs: 120_000 },
  async (lab) => {
    const pods: Prepared[] = [];
    for (let i = 0; i < PODS; i++) pods.push(await lab.preparePod(`p${i}`));
    const first = await addAll(lab, pods);
    await expectConnected(pods, first);
    await deleteAll(lab, pods);
    await addAll(lab, pods);
    await deleteAll(lab, pods);
  },
);

async function addAll(lab: Lab, pods: Prepared[]): Promise<CniOutput[]> {
  const answers = await Promise.all(pods.map(({ call }) => cni("ADD", call)));
  const failed = answers.filter(({ exitCode }) => exitCode !== 0).map(({ json }) => json);
  expect(failed).toEqual([]);
  const results: CniOutput[] = answers.map(({ json }) => json);
  const addresses = results.flatMap(({ ips }) => ips.map(({ address }) => address));
  expect(new Set(addresses).size).toBe(2 * PODS);
  const macs = results.flatMap(({ interfaces }) => interfaces.map(({ mac }) => mac));
  expect(new Set(macs).size).toBe(2 * PODS);
  const { links, records, addresses: taken, ports } = await remainsOf(lab);
  expect({ links: links.length, records, taken, ports: ports.length }).toEqual({
    links: PODS,
    records: PODS,
    taken: 2 * PODS,
    ports: PODS,
  });
  return results;
}

/** Each pod reaches the next one. */
async function expectConnected(pods: Prepared[], results: CniOutput[]): Promise<void> {
  const connected = pods.map(({ namespace, call }, i) =>
    podOf({ name: `p${i}`, namespace, call, result: results[i] as CniOutput }),
  );
  for (const [i, pod] of connected.entries()) {
    const next = connected[(i + 1) % PODS];
    if (next) await mustPing(pod, next.ip4, { count: 1 });
  }
}

async function deleteAll(lab: Lab, pods: Prepared[]): Promise<void> {
  const answers = await Promise.all(pods.map(({ call }) => cni("DEL", call)));
  expect(answers.filter(({ exitCode }) => exitCode !== 0).map(({ json }) => json)).toEqual([]);
  for (const { namespace } of pods) await expectBare(namespace);
  await expectNothingLeft(lab);
}

scenario(
  "ADD and DEL of one attachment called at once end in one state or the other",
  {},
  async (lab) => {
    const { namespace, call } = await lab.preparePod("a");
    for (let round = 0; round < 5; round++) {
      const [added, deleted] = await Promise.all([cni("ADD", call), cni("DEL", call)]);
      expect([added?.exitCode, deleted?.exitCode]).toEqual([0, 0]);
      const { attachments } = await remainsOf(lab);
      const names = (await namespace.links()).map(({ ifname }) => ifname);
      expect(names).toEqual(attachments.length === 1 ? ["lo", "eth0"] : ["lo"]);
      expect(await cni("DEL", call)).toMatchObject({ exitCode: 0 });
      await expectNothingLeft(lab);
    }
  },
);
