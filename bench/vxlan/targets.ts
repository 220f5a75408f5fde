import { spread } from "../lib/stats.ts";
import type { Target } from "../row.ts";
import type { ForwarderName } from "../traffic/forwarder.ts";
import type { Scores } from "../traffic/rounds.ts";
import { formatRatio, ratios } from "../traffic/targets.ts";

interface Promised {
  scenario: string;
  peer: ForwarderName;
  least: number;
  text: string;
}

const kernel = "x the kernel's vxlan device at its best placement";
const plain = "VXLAN costs less than 15 % of plain routing";

/** What is promised, as ratios within a round. */
const promises: readonly Promised[] = [
  { scenario: "vxlan-encap-64B", peer: "kernel", least: 1.4, text: `at least 1.40 ${kernel}` },
  { scenario: "vxlan-decap-64B", peer: "kernel", least: 1.2, text: `at least 1.20 ${kernel}` },
  { scenario: "vxlan-encap-64B", peer: "plain", least: 0.85, text: plain },
  { scenario: "vxlan-decap-64B", peer: "plain", least: 0.85, text: plain },
];

/** Compares what was measured with every promise about it. */
export function judge(scores: Scores): Target[] {
  return promises.flatMap(({ scenario, peer, least, text }) => {
    const measured = ratios(scores, [scenario, "millrace"], [scenario, peer]);
    if (measured.length === 0) return [];
    const ratio = spread(measured);
    const pass = ratio.median >= least;
    return [{ text: `${scenario}: ${text}: measured ${formatRatio(ratio)}`, pass }];
  });
}

/** Our rate over that of each other subject. */
export function describeRatios(scores: Scores): string[] {
  return [...scores].map(([scenario, bySubject]) => {
    const peers = [...bySubject.keys()].filter((subject) => subject !== "millrace");
    const over = peers.map((peer) => {
      const measured = ratios(scores, [scenario, "millrace"], [scenario, peer]);
      return `millrace/${peer} ${formatRatio(spread(measured))}`;
    });
    return `${scenario}: ${over.join(", ")}`;
  });
}
