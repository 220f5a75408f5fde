import type { ShownCheck } from "../check.ts";
import type { Family, Pod, Stage } from "../stage.ts";
import type { Section, Step } from "../step.ts";

const COUNT = 10;
const ROW = "round trip";

interface Route {
  from: Pod;
  to: string;
}

/** Both families: to the other pod, and to the gateway that the ring loop itself answers for. */
export const pingSection: Section = {
  title: "Ping",
  steps: [
    pingStep("ping-v4", "blue1 → blue2, IPv4", "IPv4", (stage) => between(stage, 4)),
    pingStep("ping-v6", "blue1 → blue2, IPv6", "IPv6", (stage) => between(stage, 6)),
    pingStep("ping-gateway-v4", "blue1 → its gateway, IPv4", "gateway", ({ pods }) =>
      toGateway(pods.blue1, 4),
    ),
    pingStep("ping-gateway-v6", "blue1 → its gateway, IPv6", "gateway IPv6", ({ pods }) =>
      toGateway(pods.blue1, 6),
    ),
    // Later red1 must not answer blue1; here it shows that it could.
    pingStep("ping-gateway-red", "red1 → its gateway, IPv4", "red gateway", ({ pods }) =>
      toGateway(pods.red1, 4),
    ),
  ],
};

export interface PingReport {
  sent: number;
  received: number;
  /** Round trip, null when nothing came back. */
  averageMs: number | null;
  /** Errors that routers sent back, one line each. */
  errors: string[];
}

/** Sends echo requests from a pod and waits for what comes back. */
export async function ping(pod: Pod, target: string, count = COUNT): Promise<PingReport> {
  const args = ["-n", "-c", `${count}`, "-i", "0.05", "-W", "1", target];
  const { stdout, stderr, exitCode } = await pod.namespace.run("ping", args);
  // 1: no answer; anything above is a failure of ping itself.
  if (exitCode !== 0 && exitCode !== 1) throw new Error(stderr.trim() || `ping: ${exitCode}`);
  return parsePing(stdout);
}

/** Reads what ping of iputils prints. */
export function parsePing(output: string): PingReport {
  const [, sent = 0, received = 0] =
    /(\d+) packets transmitted, (\d+) received/.exec(output)?.map(Number) ?? [];
  const average = /^rtt [^=]*= [\d.]+\/([\d.]+)\//m.exec(output)?.[1];
  const errors = output.split("\n").filter((line) => /^From .* unreachable/i.test(line));
  return { sent, received, averageMs: average === undefined ? null : Number(average), errors };
}

function pingStep(
  name: string,
  label: string,
  short: string,
  route: (stage: Stage) => Route,
): Step {
  return {
    name,
    label,
    unit: "ms",
    row: ROW,
    async run(stage) {
      const { from, to } = route(stage);
      return [show(name, label, short, await ping(from, to))];
    },
  };
}

function show(name: string, label: string, short: string, report: PingReport): ShownCheck {
  const { sent, received, averageMs } = report;
  return {
    name,
    label,
    ok: sent > 0 && received === sent,
    value: averageMs ?? 0,
    unit: "ms",
    text: `${averageMs ?? "-"} ms round trip, ${received} of ${sent} answered`,
    row: ROW,
    cell: `${short} ${averageMs ?? "-"} ms`,
  };
}

const between = ({ pods }: Stage, family: Family): Route => ({
  from: pods.blue1,
  to: pods.blue2.address(family).address,
});

const toGateway = (pod: Pod, family: Family): Route => ({
  from: pod,
  to: pod.address(family).gateway,
});
