import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { handleCni } from "../../cni/server.ts";
import { callBody, NETNS, type TestCall } from "../../cni/test-call.ts";
import { NEWEST_VERSION, SUPPORTED_VERSIONS } from "../../cni/versions.ts";
import type { Agent } from "./agent.ts";
import { Node } from "./fixture.ts";

// Whole calls against an agent with a kernel of its own: whatever is asked, one answer comes, it is a
// result or one error that names what is wrong, and what was refused has left nothing.
let node: Node;
let agent: Agent;
const unexpected: unknown[] = [];

beforeEach(async () => {
  node = new Node();
  node.kernel.namespaces.add(NETNS);
  agent = await node.start();
  unexpected.length = 0;
  added = 0;
});

afterEach(() => node.cleanUp());

/** Now and then something that does not belong there. */
const or = <T>(...good: T[]) =>
  fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...good) }, fc.jsonValue({ maxDepth: 2 }));

const text = (...good: string[]) =>
  fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...good) }, fc.string({ unit: "binary" }));

/** Mostly left out, so that many a call is good. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, arbitrary);

const macs = or("02:00:00:00:00:11", "02:00:00:00:00:12", "01:00:00:00:00:11");
const ips = or(["10.1.0.9"], ["10.1.0.9", "fd00:1::9"], ["10.2.0.9"], ["10.1.0.1"], []);
const wishes = fc.record({ mac: macs, ips }, { requiredKeys: [] });

const config = fc.record({
  // Only the newest one has every verb.
  cniVersion: fc.oneof(fc.constant(NEWEST_VERSION), or(...SUPPORTED_VERSIONS)),
  name: or("blue-net", "other-net"),
  network: or("blue", "blue", "blue", "red", "green"),
  mode: rarely(or("fastpath", "vf")),
  mtu: rarely(or<unknown>(1300, 1400, 9001, "1500")),
  queues: rarely(or(1, 2, 0)),
  vlan: rarely(or(5, 0)),
  spoofchk: rarely(or("on", "off")),
  ipam: rarely(or<unknown>({ type: "millrace" }, {}, { type: "none-such" })),
  runtimeConfig: rarely(fc.oneof(wishes, fc.jsonValue({ maxDepth: 2 }))),
  args: rarely(fc.oneof(fc.record({ cni: wishes }), fc.jsonValue({ maxDepth: 2 }))),
  prevResult: rarely(or({ cniVersion: "1.1.0", interfaces: [{ name: "lo" }], ips: [] })),
  "cni.dev/valid-attachments": or([{ containerID: "pod1", ifname: "eth0" }], null),
  unknownKey: rarely(fc.constant(1)),
});

const pairs = text("K8S_POD_NAME=web", "IP=10.1.0.9", "MAC=02:00:00:00:00:12", "X=1", "X=2");

const env = fc.record({
  CNI_CONTAINERID: text("pod1", "pod2", "pod3"),
  CNI_IFNAME: text("eth0", "net1"),
  CNI_ARGS: rarely(fc.array(pairs).map((list) => ["IgnoreUnknown=1", ...list].join(";"))),
  CNI_NETNS: fc.oneof({ weight: 30, arbitrary: fc.constant(NETNS) }, text("/run/netns/none")),
});

const verbs = fc.constantFrom("ADD", "ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION");

async function answer(call: TestCall) {
  const body = JSON.stringify(callBody(call));
  const reply = await handleCni(body, agent.attacher, (error) => unexpected.push(error));
  const json = reply.body === "" ? null : JSON.parse(reply.body);
  const refused = reply.status >= 300;
  expect(refused).toBe(typeof json?.code === "number");
  if (refused) expect(`${json.msg}`).not.toBe("");
  if (!refused && call.command === "ADD") added++;
  return { refused, json };
}

/** Refusals alone would prove little. */
let added = 0;

const attached = () => agent.view.attachments().length;

function expectNothing(): void {
  expect(agent.view.attachments()).toEqual([]);
  expect(node.kernel.links.size).toBe(0);
  expect(node.native.dataplane?.ports.size).toBe(0);
}

describe("any CNI call to an agent gets one clear answer", () => {
  it("and one that is refused changes nothing but what GC collected", async () => {
    const call = fc.record({ command: verbs, env, config });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 3, maxLength: 6 }), async (calls) => {
        for (const one of calls) {
          const before = attached();
          const { refused } = await answer(one);
          if (refused && one.command !== "GC") expect(attached(), one.command).toBe(before);
        }
        expect(unexpected).toEqual([]);
      }),
      { numRuns: 400 },
    );
    expect(added).toBeGreaterThan(50);
  });

  it("and after all of them a DEL of each attachment leaves nothing", async () => {
    const call = fc.record({ command: verbs, env, config });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 6, maxLength: 12 }), async (calls) => {
        await Promise.all(calls.map(answer));
        for (const { containerId, ifname } of agent.view.attachments()) {
          const names = { CNI_CONTAINERID: containerId, CNI_IFNAME: ifname };
          expect(await answer({ command: "DEL", env: names })).toMatchObject({ refused: false });
        }
        expectNothing();
        expect(unexpected).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect(added).toBeGreaterThan(50);
  });
});
