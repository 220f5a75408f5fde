import { CounterView } from "../../src/dataplane/counters.ts";
import { loadNative } from "../../src/dataplane/native.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { fakeView } from "../../test/harness/fake-view.ts";
import type { MicroCase } from "./case.ts";

const ports = 250;

export const metricsScrape: MicroCase = {
  name: "micro-metrics-scrape",
  what: `a Prometheus scrape of ${ports} ports: counters read, grown and written as text`,
  async prepare() {
    const metrics = createMetrics(viewOf(new CounterView(loadNative().counterLayout)));
    const text = await metrics.scrape();
    const series = text.match(/^millrace_port_rx_packets_total\{/gm)?.length;
    if (series !== ports) throw new Error(`${series} ports in the scrape, expected ${ports}`);
    return () => metrics.scrape();
  },
};

/** A node's view with the counters that the workers write, and the names the addon gives them. */
function viewOf(counters: CounterView) {
  const view = fakeView();
  const identities = Array.from({ length: ports }, (_, port) => ({
    port,
    ifname: `mr${port}`,
    network: "blue",
    attachment: `c${port}:eth0`,
  }));
  const [pod] = view.data.ports;
  if (pod === undefined) throw new Error("the view has no port");
  const { workers } = view.data.counters;
  return {
    ...view,
    ports: () => identities.map((port) => ({ ...pod, ...port })),
    counters: () => ({
      ports: identities.map((port) => ({ ...port, ...counters.port(port.port) })),
      workers,
    }),
  };
}
