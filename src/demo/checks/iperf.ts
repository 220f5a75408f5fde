import { startBackground } from "../../../test/harness/background.ts";
import { withLiveRate } from "../live-rate.ts";
import type { Live } from "../progress.ts";
import type { Family, Stage } from "../stage.ts";

/** Part of the JSON that `iperf3 -J` prints. */
export interface IperfReport {
  error?: string;
  end?: {
    sum_received?: { bits_per_second: number };
    sum_sent?: { retransmits?: number };
    sum?: { bits_per_second: number; lost_percent: number; lost_packets: number; packets: number };
  };
}

const GRACE_SECONDS = 10;

/**
 * One stream from blue1 to blue2; what the ring loop forwards is shown meanwhile.
 * @throws Error in iperf3's own words
 */
export async function iperf(
  stage: Stage,
  stream: { family: Family; seconds: number; options?: string[] },
  live: Live,
): Promise<IperfReport> {
  const { blue1, blue2 } = stage.pods;
  const { address } = blue2.address(stream.family);
  const serve: [string, ...string[]] = ["iperf3", "-s", "-1", "-B", address, "--forceflush"];
  const server = await startBackground(stage.scope, blue2.namespace, serve, "Server listening");
  const args = ["-c", address, "-t", `${stream.seconds}`, "-J", ...(stream.options ?? [])];
  const timeoutMs = (stream.seconds + GRACE_SECONDS) * 1000;
  const client = blue1.namespace.run("iperf3", args, { timeoutMs });
  const { stdout, stderr } = await withLiveRate(stage.agent.client, live, client);
  await server.stop();
  if (!stdout.startsWith("{")) throw new Error(`iperf3: ${stderr.trim() || stdout.trim()}`);
  const report = JSON.parse(stdout) as IperfReport;
  if (report.error !== undefined) throw new Error(`iperf3: ${report.error}`);
  return report;
}
