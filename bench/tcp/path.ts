import type { AgentProcess } from "../../test/harness/agent-process.ts";
import type { Namespace } from "../../test/harness/namespace.ts";

/** One way between two pods, as TCP sees it. */
export interface Path {
  subject: string;
  client: Namespace;
  server: Namespace;
  /** Of the serving pod. */
  address: string;
  /** What forwards, null when the kernel does. */
  agent: AgentProcess | null;
  /** What the way is made of, for people. */
  description: string;
}

/** The pod's interface in every subject. */
export const podInterface = "eth0";

const features = [
  "tcp-segmentation-offload",
  "generic-segmentation-offload",
  "generic-receive-offload",
  "tx-checksumming",
];

/** Offloads of the sending pod's end as ethtool reports them, e.g. "tso on, gso on". */
export async function describeOffloads(pod: Namespace): Promise<string> {
  const output = await pod.must("ethtool", ["-k", podInterface]);
  return features
    .map((feature) => {
      const state = new RegExp(`^${feature}: (\\w+)`, "m").exec(output)?.[1] ?? "unknown";
      return `${feature} ${state}`;
    })
    .join(", ");
}
