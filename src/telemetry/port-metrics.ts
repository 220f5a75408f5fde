import { Counter, Gauge, type Registry } from "prom-client";
import type { AgentView, PortCounters, PortView } from "../agent/view.ts";
import { Growth } from "./growth.ts";

type PortLabel = "port" | "ifname" | "network";

const HELP: Record<string, string> = {
  rx_packets: "Frames received from the pod or uplink.",
  rx_bytes: "Bytes of frames received from the pod or uplink, Ethernet header included.",
  tx_packets: "Frames sent to the pod or uplink.",
  tx_bytes: "Bytes of frames sent to the pod or uplink, Ethernet header included.",
  icmp_errors: "ICMP and ICMPv6 errors sent toward the port.",
  icmp_limited: "ICMP and ICMPv6 errors not sent because of the rate limit.",
  tx_kicks: "System calls that made the kernel transmit.",
  tx_stalls: "Transmit calls that the kernel asked to repeat.",
  flood_copies: "Frames copied to reach more than one port of a bridged network.",
  mac_moves: "Learned MAC addresses that turned up here and were elsewhere before.",
  lane_packets: "Of the frames received, those that the flow lane has forwarded.",
  tx_live_packets: "Of the frames sent, those that left as live frames.",
  tx_moves: "Moves of a queue between its TX ring and live frames.",
};

/** Counters of ports and drops. Their names come from the addon, so a new one needs no change here. */
export class PortMetrics {
  readonly #registry: Registry;
  readonly #growth = new Growth();
  readonly #labels = new Map<string, Record<PortLabel, string>>();
  /** Names of XDP_STATISTICS seen so far. */
  readonly #statistics = new Set<string>();
  readonly #counters = new Map<string, Counter<PortLabel>>();
  readonly #drops: Counter<"reason" | "network">;
  readonly #kernel: Counter<PortLabel | "statistic">;
  readonly #info: Gauge;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#drops = new Counter({
      name: "millrace_drops_total",
      help: "Frames not forwarded, by reason.",
      labelNames: ["reason", "network"],
      registers: [registry],
    });
    this.#kernel = new Counter({
      name: "millrace_port_kernel_total",
      help: "XDP_STATISTICS of the port's socket: descriptors the kernel dropped or refused.",
      labelNames: ["port", "ifname", "network", "statistic"],
      registers: [registry],
    });
    this.#info = new Gauge({
      name: "millrace_port_info",
      help: "1 for each port, with the mode it reached and the backend it transmits by.",
      labelNames: [
        "port",
        "ifname",
        "network",
        "workers",
        "attachment",
        "mode",
        "tx_checksum",
        "transmit",
      ],
      registers: [registry],
    });
  }

  refresh(view: AgentView): void {
    this.#info.reset();
    for (const port of view.counters().ports) this.#addCounters(port);
    for (const port of view.ports()) this.#addFacts(port);
    for (const source of this.#growth.endRound()) this.#removePort(source);
  }

  #addFacts(port: PortView): void {
    const { source, labels } = this.#identify(port);
    const { attachment, mode, txChecksum } = port;
    const workers = [...new Set(port.queues.map(({ worker }) => worker))].sort((a, b) => a - b);
    const facts = {
      workers: workers.join(),
      attachment,
      mode,
      tx_checksum: txChecksum,
      transmit: port.transmit?.backend ?? "",
    };
    this.#info.set({ ...labels, ...facts }, 1);
    for (const [statistic, total] of Object.entries(port.kernel ?? {})) {
      this.#statistics.add(statistic);
      const grown = this.#growth.since(source, `kernel.${statistic}`, total);
      this.#kernel.inc({ ...labels, statistic }, grown);
    }
  }

  #addCounters(port: PortCounters): void {
    const { source, labels } = this.#identify(port);
    for (const [name, total] of Object.entries(port.counters)) {
      this.#counter(name).inc(labels, this.#growth.since(source, name, total));
    }
    for (const [reason, total] of Object.entries(port.drops)) {
      const grown = this.#growth.since(source, `drop.${reason}`, total);
      this.#drops.inc({ reason, network: port.network }, grown);
    }
  }

  /** A port number comes back with another pod; what is counted for it is told apart by `source`. */
  #identify(port: PortCounters | PortView) {
    const source = `${port.port} ${port.ifname} ${port.attachment}`;
    const labels = { port: String(port.port), ifname: port.ifname, network: port.network };
    this.#labels.set(source, labels);
    return { source, labels };
  }

  // Drops of a network outlive its ports; series of a port that is gone would only pile up.
  #removePort(source: string): void {
    const labels = this.#labels.get(source);
    this.#labels.delete(source);
    if (labels === undefined) return;
    for (const counter of this.#counters.values()) counter.remove(labels);
    for (const statistic of this.#statistics) this.#kernel.remove({ ...labels, statistic });
  }

  #counter(name: string): Counter<PortLabel> {
    const known = this.#counters.get(name);
    if (known !== undefined) return known;
    const counter = new Counter<PortLabel>({
      name: `millrace_port_${name}_total`,
      help: HELP[name] ?? `Counter ${name} of a port.`,
      labelNames: ["port", "ifname", "network"],
      registers: [this.#registry],
    });
    this.#counters.set(name, counter);
    return counter;
  }
}
