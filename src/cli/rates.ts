import type { CountersView, PortCounters } from "../agent/view.ts";

/** Per second, over the time between two snapshots. */
export interface PortRates {
  port: number;
  ifname: string;
  network: string;
  rxPackets: number;
  rxBytes: number;
  txPackets: number;
  txBytes: number;
  /** By drop reason, only those that grew. */
  drops: Record<string, number>;
}

/**
 * What happened between two snapshots, per port of the later one. A port that is new, or another
 * pod's by now, counts from zero.
 * @param seconds time between the two
 */
export function portRates(before: CountersView, after: CountersView, seconds: number): PortRates[] {
  return after.ports.map((port) => {
    const last = before.ports.find(
      ({ port: number, attachment }) => number === port.port && attachment === port.attachment,
    );
    const rate = (name: string) => perSecond(port.counters, last?.counters, name, seconds);
    return {
      port: port.port,
      ifname: port.ifname,
      network: port.network,
      rxPackets: rate("rx_packets"),
      rxBytes: rate("rx_bytes"),
      txPackets: rate("tx_packets"),
      txBytes: rate("tx_bytes"),
      drops: dropRates(port, last, seconds),
    };
  });
}

function dropRates(port: PortCounters, last: PortCounters | undefined, seconds: number) {
  const rates = Object.keys(port.drops).map(
    (reason) => [reason, perSecond(port.drops, last?.drops, reason, seconds)] as const,
  );
  return Object.fromEntries(rates.filter(([, rate]) => rate > 0));
}

function perSecond(
  now: Record<string, number>,
  before: Record<string, number> | undefined,
  name: string,
  seconds: number,
): number {
  const total = now[name] ?? 0;
  const last = before?.[name] ?? 0;
  return (total >= last ? total - last : total) / seconds;
}
