import { comparePacketRate, type RateComparison } from "../../../bench/traffic/rate.ts";
import { openPart } from "../../../test/harness/scope.ts";
import type { ShownCheck } from "../check.ts";
import type { Live } from "../progress.ts";
import type { Stage } from "../stage.ts";
import type { Section } from "../step.ts";

const ROUNDS = 3;
const SECONDS = 0.6;
const ROW = "64-byte rate";

/** 64-byte packets through the loop, next to what the kernel does with them in the same minute. */
export const packetRateSection: Section = {
  title: "64-byte packets per second, taking turns with the kernel",
  steps: [
    {
      name: "rate-millrace",
      label: "Millrace and ip_forward",
      unit: "Mpps",
      row: ROW,
      run: compareRates,
    },
  ],
};

async function compareRates({ scope }: Stage, live: Live): Promise<ShownCheck[]> {
  live(`a pod sends as fast as it can, ${ROUNDS} rounds each`);
  await using part = openPart(scope);
  const rates = await comparePacketRate({ seconds: SECONDS, rounds: ROUNDS, scope: part });
  return [
    showRate("millrace", "through the ring loop", rates),
    showRate("kernel", "kernel ip_forward", rates),
    showRatio(rates),
  ];
}

function showRate(
  subject: "millrace" | "kernel",
  label: string,
  { [subject]: rate, placement }: RateComparison,
): ShownCheck {
  const mpps = (rate / 1e6).toFixed(2);
  return {
    name: `rate-${subject}`,
    label,
    ok: rate > 0,
    value: round(rate / 1e6),
    unit: "Mpps",
    text: `${mpps} Mpps, ${placement[subject]}`,
    row: ROW,
    cell: `${subject} ${mpps} Mpps`,
  };
}

/** No bar to clear: on a busy machine the ratio says more about its neighbours than about us. */
function showRatio({ ratio, rounds, disturbed }: RateComparison): ShownCheck {
  const note = disturbed === 0 ? "" : `; other work disturbed ${disturbed} samples`;
  return {
    name: "rate-ratio",
    label: "Millrace / kernel",
    ok: ratio > 0,
    value: round(ratio),
    unit: "ratio",
    text: `${ratio.toFixed(2)} ×, median of ${rounds} rounds${note}`,
    row: ROW,
    cell: `${ratio.toFixed(2)} ×`,
  };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
