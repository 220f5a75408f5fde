import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { errno } from "../../src/dataplane/fake-errno.ts";
import { FakeCounting, moved, POD, vf } from "./fixture.ts";
import type { CountedVf } from "./pf-reader.ts";
import { VfReader } from "./reader.ts";

const [first, second, other] = [vf(1, 0), vf(1, 1), vf(2, 0)];

/** A reader of a kernel; `totals` are those of the VFs that it was asked for, null for none. */
function open(kernel: FakeCounting, limitMs?: number) {
  const lines: object[] = [];
  const log = { warn: (fields: object, text: string) => void lines.push({ ...fields, text }) };
  const reader = new VfReader({ kernel, log, ...(limitMs !== undefined && { limitMs }) });
  const totals = async (...vfs: CountedVf[]) => {
    const { totals } = await reader.read(vfs);
    return vfs.map(({ address }) => totals.get(address) ?? null);
  };
  return { reader, lines, totals };
}

test("A PF that counts is asked, and the netdevs of its VFs are not", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(7), moved(0)]);
  kernel.addNetdev(first, moved(3));
  const { totals } = open(kernel);
  expect(await totals(first, second)).toEqual([moved(7), moved(0)]);
  expect(kernel.calls).toEqual(["listVfStatistics ens1"]);
});

test("Where the PF counts nothing the netdevs are asked, at home and in pods", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(0), moved(0)]);
  const inPod = { ...second, netns: POD };
  kernel.addNetdev(first, moved(3));
  kernel.addNetdev(inPod, moved(5));
  const { totals } = open(kernel);
  expect(await totals(first, inPod)).toEqual([moved(3), moved(5)]);
});

test("A VF that nobody counts for has no totals, and below VFIO no netdev is looked for", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(0)]);
  const { totals, lines } = open(kernel);
  expect(await totals(first)).toEqual([null]);
  const calls = kernel.calls.splice(0);
  expect(await totals({ ...first, driver: "vfio-pci" })).toEqual([null]);
  expect(calls).toEqual(["listVfStatistics ens1", `findNetdev  ${first.address}`]);
  expect(kernel.calls).toEqual(["listVfStatistics ens1"]);
  expect(lines).toEqual([]);
});

test("A PF without a netdev in our namespace is not asked", async () => {
  const kernel = new FakeCounting();
  kernel.addNetdev(first, moved(3));
  const { totals, lines } = open(kernel);
  expect(await totals({ ...first, pfName: "" })).toEqual([moved(3)]);
  expect(lines).toEqual([]);
});

test("A PF that counts from now on counts no packet twice", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(0)]);
  kernel.addNetdev(first, moved(3));
  const { totals } = open(kernel);
  expect(await totals(first)).toEqual([moved(3)]);
  kernel.pfs.set("ens1", [moved(10)]);
  expect(await totals(first)).toEqual([moved(10)]);
  kernel.pfs.set("ens1", [moved(0)]);
  expect(await totals(first)).toEqual([moved(10)]);
});

test("Totals go on where they were when the driver of a VF is bound anew", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(0)]);
  kernel.addNetdev(first, moved(100));
  const { totals } = open(kernel);
  await totals(first);
  kernel.netdevs.delete(first.address);
  expect(await totals(first)).toEqual([moved(100)]);
  kernel.addNetdev(first, moved(2));
  expect(await totals(first)).toEqual([moved(102)]);
});

test("A VF that was away for a while counts nothing twice when it is back", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(10)]);
  const { totals, reader } = open(kernel);
  await totals(first);
  await reader.read([]);
  kernel.pfs.set("ens1", [moved(12)]);
  expect(await totals(first)).toEqual([moved(12)]);
});

test("The netdev of a pod that has died is found at home", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(0)]);
  kernel.dead.add(POD);
  kernel.addNetdev(first, moved(4));
  const { totals, lines } = open(kernel);
  expect(await totals({ ...first, netns: POD })).toEqual([moved(4)]);
  expect(lines).toEqual([]);
});

test("A netdev is looked for once, and again when it is somewhere else", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(0)]);
  const inPod = { ...first, netns: POD };
  kernel.addNetdev(inPod, moved(4));
  const { totals } = open(kernel);
  const searches = () => kernel.calls.filter((call) => call.startsWith("findNetdev"));
  await totals(inPod);
  kernel.netdevs.set(first.address, { netns: POD, ifindex: 1, counts: moved(5) });
  expect(await totals(inPod)).toEqual([moved(5)]);
  expect(searches()).toEqual([`findNetdev ${POD} ${first.address}`]);
  kernel.dead.add(POD);
  kernel.netdevs.set(first.address, { netns: "", ifindex: 7, counts: moved(6) });
  expect(await totals(first)).toEqual([moved(6)]);
  expect(searches().slice(1)).toEqual([`findNetdev  ${first.address}`]);
});

test("A PF that cannot be read keeps its totals, is told of once and holds up no other", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(10)]);
  kernel.pfs.set("ens2", [moved(1)]);
  const { reader, lines, totals } = open(kernel);
  await totals(first, other);
  kernel.pfs.set("ens1", async () => {
    throw errno("EIO", "read the VFs of ens1");
  });
  kernel.pfs.set("ens2", [moved(2)]);
  expect(await totals(first, other)).toEqual([moved(10), moved(2)]);
  const { failures } = await reader.read([first, other]);
  expect([...failures]).toEqual([[first.pf, 2]]);
  expect(lines).toEqual([
    {
      pf: first.pf,
      reason: expect.stringContaining("read the VFs of ens1"),
      text: "not all counters of a PF's VFs could be read",
    },
  ]);
  kernel.pfs.set("ens1", [moved(15)]);
  expect(await totals(first)).toEqual([moved(15)]);
});

test("A netdev that cannot be read leaves the other VFs of the PF readable", async () => {
  const kernel = new FakeCounting();
  kernel.pfs.set("ens1", [moved(0), moved(0)]);
  kernel.addNetdev(second, moved(5));
  const { findNetdev } = kernel;
  kernel.findNetdev = async (netns, address) => {
    if (address === first.address) throw errno("EAGAIN", "links change all the time");
    return findNetdev.call(kernel, netns, address);
  };
  const { totals, lines } = open(kernel);
  expect(await totals(first, second)).toEqual([null, moved(5)]);
  expect(lines).toMatchObject([{ pf: first.pf }]);
});

test("A PF that hangs is waited for in bounds, and not asked again before it answers", async () => {
  const kernel = new FakeCounting();
  const { promise, reject } = Promise.withResolvers<never>();
  kernel.pfs.set("ens1", () => promise);
  kernel.pfs.set("ens2", [moved(1)]);
  const { reader, lines, totals } = open(kernel, 50);
  const started = performance.now();
  expect(await totals(first, other)).toEqual([null, moved(1)]);
  expect(performance.now() - started).toBeLessThan(1000);
  const { failures } = await reader.read([first]);
  expect([...failures]).toEqual([[first.pf, 2]]);
  expect(lines).toMatchObject([{ pf: first.pf, reason: "no answer within 50 ms" }]);
  expect(kernel.calls.filter((call) => call === "listVfStatistics ens1")).toHaveLength(1);
  reject(errno("EIO", "reset"));
  await delay(0);
  kernel.pfs.set("ens1", [moved(9)]);
  expect(await totals(first)).toEqual([moved(9)]);
});
