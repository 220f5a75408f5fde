import { expect, test } from "vitest";
import { FakeCounting, moved, POD, vf } from "../../sriov/statistics/fixture.ts";
import { VfReader } from "../../sriov/statistics/reader.ts";
import { fakeView } from "../../test/harness/fake-view.ts";
import { createMetrics } from "./metrics.ts";
import type { VfView } from "./vf-metrics.ts";

const FREE: Omit<VfView, keyof ReturnType<typeof vf>> = {
  ...{ numaNode: 1, pool: "fast", state: "free" },
  ...{ pod: null, attachment: "" },
};

const web: VfView = {
  ...{ ...vf(1, 0, POD), ...FREE, state: "used" },
  ...{ pod: { namespace: "default", name: "web-0" }, attachment: "c1:net1" },
};
const free: VfView = { ...vf(1, 1), ...FREE };
const elsewhere: VfView = { ...vf(2, 0), ...FREE, pool: "", numaNode: -1, driver: "" };

const WEB = `vf="${web.address}",pf="ens1",index="0"`;
const RECEIVED = `millrace_vf_receive_packets_total{${WEB}}`;

/** Metrics of VFs on a kernel that a test may change. */
function open(vfs: VfView[]) {
  const kernel = new FakeCounting();
  const log = { warn: () => {} };
  const reader = new VfReader({ kernel, log });
  const metrics = createMetrics(fakeView(), {
    vfs: {
      pools: () => ["fast", "empty"],
      vfs: () => vfs,
      statistics: () => reader.read(vfs),
    },
  });
  const lines = async () => (await metrics.scrape()).split("\n");
  const samples = async (prefix: string) =>
    (await lines()).filter((line) => line.startsWith(prefix));
  return { kernel, lines, samples };
}

test("A VF has its counters by address, from its own view", async () => {
  const { kernel, samples } = open([web]);
  const counts = { rxPackets: 1, rxBytes: 2, rxDropped: 3, txPackets: 4, txBytes: 5, txDropped: 6 };
  kernel.pfs.set("ens1", [counts]);
  expect(
    (await samples("millrace_vf_")).filter((line) => /_(receive|transmit)_/.test(line)),
  ).toEqual([
    `millrace_vf_receive_packets_total{${WEB}} 1`,
    `millrace_vf_receive_bytes_total{${WEB}} 2`,
    `millrace_vf_receive_dropped_total{${WEB}} 3`,
    `millrace_vf_transmit_packets_total{${WEB}} 4`,
    `millrace_vf_transmit_bytes_total{${WEB}} 5`,
    `millrace_vf_transmit_dropped_total{${WEB}} 6`,
  ]);
});

test("A VF tells its driver, its pool and the pod that has it", async () => {
  const { kernel, samples } = open([web, elsewhere]);
  kernel.pfs.set("ens1", [moved(1)]);
  kernel.pfs.set("ens2", [moved(1)]);
  const pod = 'pod_namespace="default",pod="web-0",attachment="c1:net1"';
  const nobody = 'pod_namespace="",pod="",attachment=""';
  expect(await samples("millrace_vf_info{")).toEqual([
    `millrace_vf_info{${WEB},driver="igbvf",numa_node="1",pool="fast",${pod}} 1`,
    `millrace_vf_info{vf="${elsewhere.address}",pf="ens2",index="0",driver="",numa_node="-1",pool="",${nobody}} 1`,
  ]);
});

test("Every pool has a number for every state, and a VF without a pool counts for none", async () => {
  const broken: VfView = { ...vf(1, 2), ...FREE, state: "unhealthy" };
  const { samples } = open([web, free, broken, elsewhere]);
  expect(await samples("millrace_vf_pool_vfs{")).toEqual([
    'millrace_vf_pool_vfs{pool="fast",state="free"} 1',
    'millrace_vf_pool_vfs{pool="fast",state="used"} 1',
    'millrace_vf_pool_vfs{pool="fast",state="cooling"} 0',
    'millrace_vf_pool_vfs{pool="fast",state="unhealthy"} 1',
    'millrace_vf_pool_vfs{pool="empty",state="free"} 0',
    'millrace_vf_pool_vfs{pool="empty",state="used"} 0',
    'millrace_vf_pool_vfs{pool="empty",state="cooling"} 0',
    'millrace_vf_pool_vfs{pool="empty",state="unhealthy"} 0',
  ]);
});

test("A counter goes on when the kernel begins again at zero", async () => {
  const { kernel, samples } = open([web]);
  kernel.pfs.set("ens1", [moved(10)]);
  expect(await samples(RECEIVED)).toEqual([`${RECEIVED} 10`]);
  kernel.pfs.set("ens1", [moved(3)]);
  expect(await samples(RECEIVED)).toEqual([`${RECEIVED} 13`]);
});

test("A VF that is gone has no series, and goes on where it was when it is back", async () => {
  const vfs = [web];
  const { kernel, samples } = open(vfs);
  kernel.pfs.set("ens1", [moved(10)]);
  await samples(RECEIVED);
  vfs.pop();
  expect(await samples("millrace_vf_info{")).toEqual([]);
  expect(await samples(RECEIVED)).toEqual([]);
  vfs.push(web);
  kernel.pfs.set("ens1", [moved(2)]);
  expect(await samples(RECEIVED)).toEqual([`${RECEIVED} 12`]);
});

test("A PF that cannot be read costs only its own counters, and is counted", async () => {
  const { kernel, lines } = open([web, elsewhere]);
  kernel.pfs.set("ens2", [moved(5)]);
  kernel.addNetdev(elsewhere, moved(5));
  const text = await lines();
  const other = `millrace_vf_receive_packets_total{vf="${elsewhere.address}",pf="ens2",index="0"} 5`;
  expect(text).toContain(other);
  expect(text).toContain("millrace_ready 1");
  expect(text.filter((line) => line.startsWith(RECEIVED))).toEqual([]);
  expect(text.filter((line) => line.startsWith("millrace_vf_statistics_failures"))).toEqual([
    'millrace_vf_statistics_failures_total{pf="ens1"} 1',
    'millrace_vf_statistics_failures_total{pf="ens2"} 0',
  ]);
});

test("A PF that hangs holds metrics up for less than a second", async () => {
  const { kernel, lines } = open([web, elsewhere]);
  kernel.pfs.set("ens1", () => new Promise(() => {}));
  kernel.pfs.set("ens2", [moved(5)]);
  const started = performance.now();
  expect(await lines()).toContain("millrace_ready 1");
  expect(performance.now() - started).toBeLessThan(1000);
});

test("A PF without a name goes by its address", async () => {
  const { kernel, samples } = open([{ ...web, pfName: "" }]);
  kernel.addNetdev(web, moved(5));
  const labels = `vf="${web.address}",pf="${web.pf}",index="0"`;
  const received = `millrace_vf_receive_packets_total{${labels}}`;
  expect(await samples(received)).toEqual([`${received} 5`]);
});

test("An agent without VFs has no metrics of them", async () => {
  expect(await createMetrics(fakeView()).scrape()).not.toContain("millrace_vf");
});
