import type { ShownCheck } from "../check.ts";
import type { Live } from "../progress.ts";
import type { Pod, Stage } from "../stage.ts";
import type { Section } from "../step.ts";
import { iperf } from "./iperf.ts";

const SECONDS = 3;
/** Offered by the UDP sender; far below what the loop carries, so that loss means a fault. */
const UDP_RATE = "200M";
/** On the way; what the receiving program was too slow to read is shown, but not held against us. */
const MAX_LOSS_PERCENT = 1;
/** Loss while other work starves both pods and loop of CPU passes; a fault does not. */
const UDP_ATTEMPTS = 3;
/** What is broken by checksums or segmentation moves nothing; a starved machine still moves this. */
const MIN_GBITS = 0.01;

const TCP_LABEL = "TCP blue1 → blue2, IPv4";
const UDP_LABEL = "UDP blue1 → blue2, IPv6";

/** TCP and UDP over ordinary sockets, by iperf3. */
export const streamSection: Section = {
  title: "Streams over ordinary sockets, live from the counters of the ring loop",
  steps: [
    { name: "tcp", label: TCP_LABEL, unit: "Gbit/s", row: "TCP", run: tcp },
    { name: "udp", label: UDP_LABEL, unit: "Gbit/s", row: "UDP", run: udp },
  ],
};

async function tcp(stage: Stage, live: Live): Promise<ShownCheck[]> {
  const { end } = await iperf(stage, { family: 4, seconds: SECONDS }, live);
  const gbits = (end?.sum_received?.bits_per_second ?? 0) / 1e9;
  const { retransmits = 0 } = end?.sum_sent ?? {};
  const rate = `${gbits.toFixed(2)} Gbit/s`;
  return [
    {
      name: "tcp",
      label: TCP_LABEL,
      row: "TCP",
      ok: gbits >= MIN_GBITS,
      value: round(gbits),
      unit: "Gbit/s",
      text: `${rate}, ${retransmits} segments sent again`,
      cell: rate,
    },
  ];
}

/** The best of some attempts. */
async function udp(stage: Stage, live: Live): Promise<ShownCheck[]> {
  let best: UdpReport | null = null;
  for (let attempt = 1; attempt <= UDP_ATTEMPTS; attempt++) {
    const report = await sendUdp(stage, live, attempt);
    if (best === null || report.lostPercent < best.lostPercent) best = report;
    if (best.lostPercent <= MAX_LOSS_PERCENT) break;
  }
  return best === null ? [] : showUdp(best);
}

interface UdpReport {
  gbits: number;
  sent: number;
  lost: number;
  lostPercent: number;
  /** Of the lost ones: arrived, but the receiving program did not read them in time. */
  unread: number;
  attempt: number;
}

async function sendUdp(stage: Stage, live: Live, attempt: number): Promise<UdpReport> {
  const before = await socketOverflows(stage.pods.blue2);
  const options = ["-u", "-b", UDP_RATE];
  const { end } = await iperf(stage, { family: 6, seconds: SECONDS, options }, live);
  const unread = (await socketOverflows(stage.pods.blue2)) - before;
  const { bits_per_second = 0, lost_percent = 100, lost_packets = 0, packets = 0 } = end?.sum ?? {};
  const gbits = bits_per_second / 1e9;
  return {
    gbits,
    sent: packets,
    lost: lost_packets,
    lostPercent: lost_percent,
    unread,
    attempt,
  };
}

function showUdp({ gbits, sent, lost, lostPercent, unread, attempt }: UdpReport): ShownCheck[] {
  const rate = `${gbits.toFixed(2)} Gbit/s`;
  const lostOnTheWay = (100 * Math.max(0, lost - unread)) / Math.max(1, sent);
  const where = unread > 0 ? `, ${unread} arrived but were not read in time` : "";
  return [
    {
      name: "udp",
      label: UDP_LABEL,
      row: "UDP",
      ok: gbits >= MIN_GBITS,
      value: round(gbits),
      unit: "Gbit/s",
      text: `${rate} of ${UDP_RATE}bit/s offered${attempt > 1 ? `, attempt ${attempt}` : ""}`,
      cell: rate,
    },
    {
      name: "udp-loss",
      label: "UDP loss",
      row: "UDP",
      ok: sent > 0 && lostOnTheWay <= MAX_LOSS_PERCENT,
      value: round(lostPercent),
      unit: "%",
      text: `${lostPercent.toFixed(3)} %: ${lost} of ${sent} datagrams${where}`,
      cell: `loss ${lostPercent.toFixed(2)} %`,
    },
  ];
}

/** Datagrams that reached the pod and found no room; the sender's loss count has them too. */
async function socketOverflows({ namespace }: Pod): Promise<number> {
  const snmp = await namespace.must("cat", ["/proc/net/snmp6"]);
  return Number(/^Udp6RcvbufErrors\s+(\d+)/m.exec(snmp)?.[1] ?? 0);
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
