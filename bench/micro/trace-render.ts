import type { TraceView } from "../../src/agent/forwarding-view.ts";
import { renderTrace } from "../../src/cli/trace-text.ts";
import type { MicroCase } from "./case.ts";

const mac = "02:00:00:00:00:99";

const trace: TraceView = {
  from: { port: 3, ifname: "mr3", attachment: "c1:eth0", pod: "default/web-0" },
  network: "blue",
  source: "10.1.0.2",
  destination: "10.9.0.7",
  protocol: "udp",
  sourcePort: 40000,
  destinationPort: 9,
  steps: [
    { node: "ethernet_input", facts: { destination_mac: mac, source_mac: "02:00:00:00:00:03" } },
    {
      node: "ip4_forward",
      facts: {
        ...{ source_check: "own", route: "10.9.0.0/24", route_type: "unicast" },
        ...{ route_source: "kernel", next_hop: "10.0.12.2", bucket: 17, members: 2 },
        ...{ adjacency: "rewrite", mac, port: 1, mtu: 1500, ttl: 63 },
      },
    },
    { node: "transmit", facts: { port: 1 } },
  ],
  verdict: "sent",
  ports: [{ port: 1, ifname: "up0", attachment: "", pod: "" }],
  reason: "",
  frame: "",
  lane: "off",
  names: { 1: "up0", 3: "mr3 (default/web-0)" },
  networks: { 0: "blue" },
};

export const traceRender: MicroCase = {
  name: "micro-trace-render",
  what: "the way of a packet through three nodes written as text",
  prepare: () => () => renderTrace(trace),
};
