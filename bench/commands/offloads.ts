import { run } from "../../test/harness/run.ts";
import type { Endpoint, Lane } from "../trial/types.ts";

/** Those that decide how many packets a path sees, or who computes checksums; as ethtool names them. */
const telling = [
  "rx-checksumming",
  "tx-checksumming",
  "tcp-segmentation-offload",
  "generic-segmentation-offload",
  "generic-receive-offload",
];

/** The offloads of the interfaces that frames are sent by and received on, for the notes. */
export async function describeOffloads({ tx, rx }: Lane): Promise<string> {
  const [from, to] = [await offloadsOf(tx), await offloadsOf(rx)];
  return from === to
    ? `offloads at both ends: ${from}`
    : `offloads: sent by ${from}; received on ${to}`;
}

async function offloadsOf({ netns, ifname }: Endpoint): Promise<string> {
  const show = ["ethtool", "-k", ifname];
  const [file = "", ...args] = netns === null ? show : ["ip", "netns", "exec", netns, ...show];
  const shown = await run(file, args).catch(() => null);
  return shown?.exitCode === 0 ? formatOffloads(shown.stdout) : "unknown (no ethtool)";
}

/** @param text of `ethtool -k` */
export function formatOffloads(text: string): string {
  const values = new Map(
    [...text.matchAll(/^([\w-]+): (on|off)/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  const known = telling.filter((name) => values.has(name));
  const on = known.filter((name) => values.get(name) === "on");
  const off = known.filter((name) => values.get(name) === "off");
  const parts = [on.length > 0 && `${on.join(", ")} on`, off.length > 0 && `${off.join(", ")} off`];
  return parts.filter(Boolean).join("; ");
}
