import { describe, expect, it } from "vitest";
import { fakeCounters, fakeView } from "../../test/harness/fake-view.ts";
import { createMetrics } from "./metrics.ts";

/** Value of the one line that begins with `series`. */
function sampleOf(text: string, series: string): number {
  const lines = text.split("\n").filter((line) => line.startsWith(`${series} `));
  expect(lines, series).toHaveLength(1);
  return Number(lines[0]?.slice(series.length + 1));
}

const RX = 'millrace_port_rx_packets_total{port="0",ifname="mr0",network="blue"}';
const NO_ROUTE = 'millrace_drops_total{reason="no-route",network="blue"}';

describe("createMetrics", () => {
  it("shows port counters, drops, attachments and addresses of a running agent", async () => {
    const text = await createMetrics(fakeView()).scrape();
    expect(sampleOf(text, RX)).toBe(10);
    expect(sampleOf(text, NO_ROUTE)).toBe(3);
    expect(sampleOf(text, 'millrace_drops_total{reason="runt",network="blue"}')).toBe(0);
    expect(sampleOf(text, 'millrace_attachments{network="blue",state="attached"}')).toBe(1);
    expect(sampleOf(text, 'millrace_attachments{network="blue",state="lost"}')).toBe(0);
    expect(
      sampleOf(text, 'millrace_addresses_allocated{network="blue",prefix="10.1.0.0/24"}'),
    ).toBe(1);
    expect(sampleOf(text, 'millrace_build_info{version="0.1.0"}')).toBe(1);
    expect(sampleOf(text, "millrace_ready")).toBe(1);
    expect(text).toContain('mode="copy",tx_checksum="software",transmit="copy"} 1');
  });

  it("shows what the kernel dropped before the ring loop saw it", async () => {
    const view = fakeView();
    const metrics = createMetrics(view);
    await metrics.scrape();
    for (const port of view.data.ports) port.kernel = { rx_dropped: 5 };
    const series = 'millrace_port_kernel_total{port="0",ifname="mr0",network="blue"';
    expect(sampleOf(await metrics.scrape(), `${series},statistic="rx_dropped"}`)).toBe(5);
  });

  it("splits the rounds of a worker into busy and idle ones", async () => {
    const text = await createMetrics(fakeView()).scrape();
    expect(sampleOf(text, 'millrace_worker_rounds_total{worker="0",kind="busy"}')).toBe(40);
    expect(sampleOf(text, 'millrace_worker_rounds_total{worker="0",kind="idle"}')).toBe(60);
    expect(sampleOf(text, 'millrace_worker_frames{worker="0",kind="free"}')).toBe(900);
  });

  it("follows totals without counting them twice", async () => {
    const view = fakeView();
    const metrics = createMetrics(view);
    await metrics.scrape();
    view.data.counters.ports = [
      { ...fakeCounters(), counters: { rx_packets: 12 }, drops: { "no-route": 4 } },
    ];
    const text = await metrics.scrape();
    expect(sampleOf(text, RX)).toBe(12);
    expect(sampleOf(text, NO_ROUTE)).toBe(4);
  });

  it("keeps the drops of a network and removes the series of a port that is gone", async () => {
    const view = fakeView();
    const metrics = createMetrics(view);
    await metrics.scrape();
    view.data.counters.ports = [];
    view.data.ports = [];
    const text = await metrics.scrape();
    expect(text).not.toContain(RX);
    expect(text).not.toContain("millrace_port_info{");
    expect(text).not.toContain("millrace_port_kernel_total{");
    expect(sampleOf(text, NO_ROUTE)).toBe(3);
  });

  it("adds the drops of the next pod that gets the same port number", async () => {
    const view = fakeView();
    const metrics = createMetrics(view);
    await metrics.scrape();
    view.data.counters.ports = [{ ...fakeCounters(0, "c2:eth0"), drops: { "no-route": 5 } }];
    const text = await metrics.scrape();
    expect(sampleOf(text, NO_ROUTE)).toBe(8);
  });

  it("shows how the kernel's tables are followed, if they are", async () => {
    const status = {
      running: true,
      routes: 9,
      neighbours: 4,
      links: 3,
      messages: 100,
      overruns: 1,
      resyncs: 2,
      resyncMs: 250,
      skipped: { "next-hop-unknown": 5 },
    };
    const metrics = createMetrics(fakeView(), { mirror: () => status });
    const text = await metrics.scrape();
    expect(sampleOf(text, "millrace_mirror_running")).toBe(1);
    expect(sampleOf(text, 'millrace_mirror_objects{kind="routes"}')).toBe(9);
    expect(sampleOf(text, 'millrace_mirror_objects{kind="neighbours"}')).toBe(4);
    expect(sampleOf(text, 'millrace_mirror_skipped{reason="next-hop-unknown"}')).toBe(5);
    expect(sampleOf(text, "millrace_mirror_resync_seconds")).toBe(0.25);
    expect(sampleOf(text, "millrace_mirror_messages_total")).toBe(100);
    status.messages = 130;
    expect(sampleOf(await metrics.scrape(), "millrace_mirror_messages_total")).toBe(130);
    expect(sampleOf(text, "millrace_mirror_overruns_total")).toBe(1);
    expect(sampleOf(text, "millrace_mirror_resyncs_total")).toBe(2);
    expect(await createMetrics(fakeView()).scrape()).not.toContain("millrace_mirror");
  });

  it("is not ready while the agent has a problem", async () => {
    const view = fakeView();
    view.data.status.problems = ["journal: no space left"];
    expect(sampleOf(await createMetrics(view).scrape(), "millrace_ready")).toBe(0);
  });

  it("counts the DELs in the spool", async () => {
    const view = fakeView();
    view.data.status.spool = { ...view.data.status.spool, waiting: 3, unusable: 1 };
    const text = await createMetrics(view).scrape();
    expect(sampleOf(text, 'millrace_spooled_dels{state="waiting"}')).toBe(3);
    expect(sampleOf(text, 'millrace_spooled_dels{state="unusable"}')).toBe(1);
  });

  it("counts CNI calls by verb and code with their duration", async () => {
    const metrics = createMetrics(fakeView());
    metrics.observeCni("ADD", 0, 0.012);
    metrics.observeCni("ADD", 7, 0.001);
    const text = await metrics.scrape();
    expect(sampleOf(text, 'millrace_cni_calls_total{verb="ADD",code="0"}')).toBe(1);
    expect(sampleOf(text, 'millrace_cni_calls_total{verb="ADD",code="7"}')).toBe(1);
    expect(sampleOf(text, 'millrace_cni_duration_seconds_bucket{le="0.005",verb="ADD"}')).toBe(1);
    expect(sampleOf(text, 'millrace_cni_duration_seconds_count{verb="ADD"}')).toBe(2);
  });

  it("reports the memory and CPU time of the process", async () => {
    const text = await createMetrics(fakeView()).scrape();
    expect(sampleOf(text, "process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(sampleOf(text, "process_cpu_seconds_total")).toBeGreaterThan(0);
  });
});
