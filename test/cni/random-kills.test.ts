import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { expectCleanStart } from "../fixtures/crash.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { ping } from "../fixtures/ping.ts";
import { type CniOutput, podOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type CniCall, cni, mustCni } from "../harness/cni-call.ts";
import type { Namespace } from "../harness/namespace.ts";

const ROUNDS = 10;
const PODS = 6;
const LONGEST_MS = 150;

/** A run can be repeated with MILLRACE_TEST_SEED. */
const seed = Number(process.env["MILLRACE_TEST_SEED"] ?? Date.now() % 1_000_000);

/** A pod as its runtime knows it. */
interface Slot {
  name: string;
  namespace: Namespace;
  call: CniCall;
  /** The result of an ADD that succeeded, null after a DEL that did; unknown after a failed call. */
  known: CniOutput | null | "unknown";
}

scenario(
  `kill -9 at ${ROUNDS} random moments among ADDs and DELs loses and leaks nothing (seed ${seed})`,
  { timeoutMs: 120_000 },
  async (lab) => {
    console.log(`MILLRACE_TEST_SEED=${seed}`);
    const random = randomFrom(seed);
    const slots: Slot[] = [];
    for (let i = 0; i < PODS; i++) slots.push(await openSlot(lab, `p${i}`));
    for (let round = 0; round < ROUNDS; round++) {
      await playRound(lab, slots, random);
      await expectConsistent(lab, slots);
    }
    for (const { call } of slots) await mustCni("DEL", call);
    for (const { namespace } of slots) await expectBare(namespace);
    await expectNothingLeft(lab);
  },
);

async function openSlot(lab: Lab, name: string): Promise<Slot> {
  return { name, ...(await lab.preparePod(name)), known: null };
}

/** Some pods come and some go, all at once, and the agent dies in the middle of it. */
async function playRound(lab: Lab, slots: Slot[], random: () => number): Promise<void> {
  const calls = Promise.all(slots.filter(() => random() < 0.8).map(change));
  calls.catch(() => {}); // awaited below, but it may fail before that
  await delay(random() * LONGEST_MS);
  await lab.agent.kill();
  await calls;
  await lab.restart();
}

/** A runtime calls DEL for whatever it is not sure of. */
async function change(slot: Slot): Promise<void> {
  const verb = slot.known === null ? "ADD" : "DEL";
  const { exitCode, json } = await cni(verb, slot.call);
  if (exitCode === 0) slot.known = verb === "ADD" ? json : null;
  else {
    expect(json.code, JSON.stringify(json)).toBe(11);
    slot.known = "unknown";
  }
}

async function expectConsistent(lab: Lab, slots: Slot[]): Promise<void> {
  await expectCleanStart(lab);
  const attachments = await lab.agent.client.attachments();
  expect(attachments.filter(({ state }) => state !== "attached")).toEqual([]);
  const { links, records, ports, addresses } = await remainsOf(lab);
  const count = attachments.length;
  expect({ links: links.length, records, ports: ports.length, addresses }).toEqual({
    links: count,
    records: count,
    ports: count,
    addresses: 2 * count,
  });
  const taken = attachments.flatMap((one) => one.addresses.map(({ address }) => address));
  expect(new Set(taken).size).toBe(2 * count);
  for (const slot of slots) await expectAsKnown(slot, attachments);
}

/** What the runtime was told is true: a pod that was added works, one that was deleted is gone. */
async function expectAsKnown(
  { name, namespace, call, known }: Slot,
  attachments: { containerId: string; addresses: { address: string }[] }[],
): Promise<void> {
  const found = attachments.find(({ containerId }) => containerId === call.containerId);
  if (known === null) expect(found, `${name} was deleted`).toBeUndefined();
  if (!found) return await expectBare(namespace);
  if (known === null || known === "unknown") return;
  const addresses = known.ips.map(({ address }) => address);
  expect(found.addresses.map(({ address }) => address)).toEqual(addresses);
  const pod = podOf({ name, namespace, call, result: known });
  const { received, output } = await ping(pod, pod.gateway4, { count: 1, patience: 5 });
  expect(received, output).toBe(1);
}

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator). */
function randomFrom(start: number): () => number {
  let state = start % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
