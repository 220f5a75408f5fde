import { setTimeout as sleep } from "node:timers/promises";
import type { CountersView } from "../agent/view.ts";
import type { AgentClient } from "../api/client.ts";
import { portRates } from "../cli/rates.ts";
import { formatBitRate, formatPacketRate } from "../cli/units.ts";
import type { Live } from "./progress.ts";

const BARS = "▁▂▃▄▅▆▇█";
const SHOWN = 16;
const INTERVAL_MS = 200;

/** Heights of the last values against the largest of them, as one character each. */
export function sparkline(values: readonly number[]): string {
  const shown = values.slice(-SHOWN);
  const top = Math.max(...shown, 1);
  return shown.map((value) => BARS[Math.round((value / top) * (BARS.length - 1))]).join("");
}

/**
 * While `work` runs, shows what the ring loop forwards, read from the agent's counters.
 * @returns what `work` returns
 */
export async function withLiveRate<T>(
  client: AgentClient,
  live: Live,
  work: Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const watching = watch(client, live, done.signal);
  try {
    return await work;
  } finally {
    done.abort();
    await watching;
  }
}

/** Never rejects: a picture that cannot be drawn must not fail what it shows. */
async function watch(client: AgentClient, live: Live, done: AbortSignal): Promise<void> {
  const history: number[] = [];
  let before: CountersView | null = null;
  let since = 0;
  while (!done.aborted) {
    const now = performance.now();
    const after = await client.counters().catch(() => null);
    if (before !== null && after !== null) {
      const { packets, bytes } = forwarded(before, after, (now - since) / 1000);
      history.push(bytes);
      live(`${sparkline(history)}  ${formatBitRate(bytes)}, ${formatPacketRate(packets)}`);
    }
    [before, since] = [after, now];
    await sleep(INTERVAL_MS, undefined, { signal: done }).catch(() => {});
  }
}

function forwarded(before: CountersView, after: CountersView, seconds: number) {
  const rates = portRates(before, after, seconds);
  return {
    packets: rates.reduce((sum, { txPackets }) => sum + txPackets, 0),
    bytes: rates.reduce((sum, { txBytes }) => sum + txBytes, 0),
  };
}
