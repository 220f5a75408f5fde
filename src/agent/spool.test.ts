import { chmodSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bootId } from "../store/boot-id.ts";
import type { Agent } from "./agent.ts";
import { Node, request } from "./fixture.ts";

let node: Node;
let dir: string;

beforeEach(() => {
  node = new Node();
  dir = join(node.stateDir, "spool");
});

afterEach(() => node.cleanUp());

/** Puts a file into the spool as the CNI executable does. */
function spool(name: string, content: unknown): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const text = typeof content === "string" ? content : JSON.stringify(content);
  writeFileSync(join(dir, name), text);
}

/** The DEL of pod `n`. */
function del(n: number, more: Record<string, unknown> = {}, env: Record<string, string> = {}) {
  const variables = {
    CNI_COMMAND: "DEL",
    CNI_CONTAINERID: `pod${n}`,
    CNI_IFNAME: "net1",
    CNI_PATH: "/opt/cni/bin",
    ...env,
  };
  const config = { cniVersion: "1.1.0", name: "blue-net", type: "millrace", network: "blue" };
  return { env: variables, config: JSON.stringify(config), ...more };
}

const microseconds = () => Number(process.hrtime.bigint() / 1000n);
const keys = (agent: Agent) => agent.view.attachments().map(({ key }) => key);
const messages = () => node.lines.map(({ msg }) => msg);

/** An agent that has attached the pods, and is gone. */
async function attachAndLeave(...pods: number[]): Promise<void> {
  const agent = await node.start();
  for (const n of pods) await agent.attacher.attach(request(n));
  await agent.stop();
}

const busy = () => Object.assign(new Error("EBUSY: busy"), { code: "EBUSY" });

/** A DEL of pod 1, called after its ADD, that fails the first time. */
async function failOnce(agent: Agent): Promise<void> {
  await agent.attacher.attach(request(1));
  node.native.failures.set("deleteLink", busy());
  spool("1.json", del(1, { called: { bootId: bootId(), microseconds: microseconds() } }));
  const failed = { msg: "a spooled DEL failed; it is tried again", file: "1.json" };
  await vi.waitFor(() => expect(node.lines).toContainEqual(expect.objectContaining(failed)), 5000);
}

describe("the spool", () => {
  it("is empty at the start when there is no directory, and makes it", async () => {
    const agent = await node.start();
    expect(agent.view.status().spool).toEqual({
      ...{ path: dir, waiting: 0, unusable: 0, problem: "" },
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  it("is replayed at the start, with or without a record of the attachment", async () => {
    await attachAndLeave(1, 2);
    for (const n of [1, 3]) spool(`${n}.json`, del(n));
    const agent = await node.start();
    expect(keys(agent)).toEqual(["pod2:net1"]);
    expect(readdirSync(dir)).toEqual([]);
    expect(
      messages().filter((msg) => msg === "replayed a DEL that came without an agent"),
    ).toHaveLength(2);
  });

  it.each([
    ["no JSON", "{"],
    ["no call", "[]"],
    ["nothing", ""],
    ["an ADD", del(1, {}, { CNI_COMMAND: "ADD", CNI_NETNS: "/run/netns/pod1" })],
    ["a container id that cannot be", del(1, {}, { CNI_CONTAINERID: "../x" })],
    ["a configuration that is none", del(1, { config: "blue" })],
    ["a version that nobody speaks", del(1, { config: '{"cniVersion":"9.0.0","name":"blue"}' })],
  ])("moves aside a file with %s, and goes on with the others", async (_, content) => {
    await attachAndLeave(1, 2);
    spool("1.json", content);
    spool("2.json", del(2));
    const agent = await node.start();
    expect(keys(agent)).toEqual(["pod1:net1"]);
    expect(readdirSync(dir)).toEqual(["1.json.bad"]);
    expect(agent.view.status().spool).toMatchObject({ waiting: 0, unusable: 1, problem: "" });
    expect(node.lines).toContainEqual(
      expect.objectContaining({ level: 40, msg: "a spooled DEL cannot be used; moved aside" }),
    );
  });

  it("keeps a DEL that fails, says why, and tries it again", async () => {
    const agent = await node.start("reconcileInterval: 1");
    await failOnce(agent);
    expect(readdirSync(dir)).toEqual(["1.json"]);
    expect(agent.view.status().spool).toMatchObject({ waiting: 1 });
    await vi.waitFor(() => expect(readdirSync(dir)).toEqual([]), 5000);
    expect(keys(agent)).toEqual([]);
  });

  it("refuses only the ADD of an attachment whose DEL cannot be done yet", async () => {
    const agent = await node.start();
    await failOnce(agent);
    node.native.failures.set("deleteLink", busy());
    await expect(agent.attacher.attach(request(1))).rejects.toMatchObject({
      code: 11,
      details: expect.stringContaining("a DEL that came while the agent was away has to be done"),
    });
    await agent.attacher.attach(request(2));
    await agent.attacher.attach(request(1));
    expect(keys(agent)).toEqual(["pod2:net1", "pod1:net1"]);
    expect(readdirSync(dir)).toEqual([]);
  });

  it("follows what comes while the agent runs", async () => {
    const agent = await node.start();
    await agent.attacher.attach(request(1));
    const called = { bootId: bootId(), microseconds: microseconds() };
    spool("1.json", del(1, { called }));
    await vi.waitFor(() => expect(readdirSync(dir)).toEqual([]), 5000);
    expect(keys(agent)).toEqual([]);
  });

  it.each([
    ["was called before", () => ({ bootId: bootId(), microseconds: microseconds() - 60_000_000 })],
    ["was called before the node was booted", () => ({ bootId: "old", microseconds: 2 ** 52 })],
    ["does not say when it was called", () => undefined],
  ])("drops a DEL that %s when this agent has served the ADD", async (_, when) => {
    const agent = await node.start();
    const called = when();
    await agent.attacher.attach(request(1));
    spool("1.json", del(1, { called }));
    await vi.waitFor(() => expect(readdirSync(dir)).toEqual([]), 5000);
    expect(keys(agent)).toEqual(["pod1:net1"]);
    expect(messages()).toContain("dropped a spooled DEL: the attachment is newer");
  });

  it("touches nothing in a directory that others can write to", async () => {
    await attachAndLeave(1);
    chmodSync(dir, 0o777);
    spool("1.json", del(1));
    const agent = await node.start();
    expect(keys(agent)).toEqual(["pod1:net1"]);
    expect(readdirSync(dir)).toEqual(["1.json"]);
    expect(agent.view.status().spool).toMatchObject({
      waiting: 1,
      problem: expect.stringContaining("others than root can write to"),
    });
  });

  it("is no reason not to start, even where no directory can be", async () => {
    const agent = await node.start("spoolDir: /dev/null/spool");
    await agent.attacher.attach(request(1));
    expect(agent.view.status()).toMatchObject({ state: "ready", spool: { waiting: 0 } });
  });

  it("sweeps what an executable left unfinished hours ago, and nothing younger", async () => {
    for (const name of [".old.tmp", ".young.tmp"]) spool(name, "{");
    const hours = Date.now() / 1000 - 2 * 3600;
    utimesSync(join(dir, ".old.tmp"), hours, hours);
    await node.start();
    expect(readdirSync(dir)).toEqual([".young.tmp"]);
  });
});
