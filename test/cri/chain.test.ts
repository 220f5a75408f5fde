import { expect } from "vitest";
import { type CriLab, criScenario, type Sandbox } from "../fixtures/cri.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustPing } from "../fixtures/ping.ts";
import { ipOf } from "../fixtures/pod.ts";
import type { PodSandboxConfig } from "../harness/cri/messages.ts";
import { lacksPlugin } from "../harness/reference-plugins.ts";
import { run } from "../harness/run.ts";

/** A plugin that follows ours, and what shows that it was called. */
interface Link {
  config: { type: string; [key: string]: unknown };
  where: "pod" | "node";
  look: [string, ...string[]];
  expected: (pod: Sandbox) => string;
}

const IN_POD: Link[] = [
  {
    config: { type: "tuning", sysctl: { "net.core.somaxconn": "500" } },
    where: "pod",
    look: ["cat", "/proc/sys/net/core/somaxconn"],
    expected: () => "500\n",
  },
  {
    config: { type: "sbr" },
    where: "pod",
    look: ["ip", "rule"],
    expected: ({ ip4 }) => `from ${ip4} lookup`,
  },
];
// Packets of the ring loop do not pass there, so all there is to see is that it comes and goes.
const ON_NODE: Link[] = [
  {
    config: { type: "bandwidth", capabilities: { bandwidth: true } },
    where: "node",
    look: ["tc", "qdisc"],
    expected: () => "tbf",
  },
  {
    config: { type: "portmap", capabilities: { portMappings: true } },
    where: "node",
    look: ["iptables", "-t", "nat", "-S"],
    expected: ({ ip4 }) => `--to-destination ${ip4}:80`,
  },
  {
    config: { type: "firewall", backend: "iptables" },
    where: "node",
    look: ["iptables", "-S"],
    expected: ({ ip4 }) => `-s ${ip4}/32 -j ACCEPT`,
  },
];

/** What the kubelet asks for that bandwidth and portmap are there for. */
const WISHES: Partial<PodSandboxConfig> = {
  annotations: { "kubernetes.io/ingress-bandwidth": "10M" },
  port_mappings: [{ protocol: "TCP", container_port: 80, host_port: 8080 }],
};

for (const [links, what] of [
  [IN_POD, "take effect in the pod"],
  [ON_NODE, "come and go on the node"],
] as const) {
  const types = links.map(({ config }) => config.type);
  criScenario(
    `${types.join(", ")} after our plugin ${what}, and pods reach each other`,
    // Debian 12's plugins know no newer version.
    { cniVersion: "1.0.0", after: links.map(({ config }) => config), lacks: () => lacks(links) },
    async (lab) => {
      const [a, b] = [await lab.runPod("a", WISHES), await lab.runPod("b")];
      for (const link of links) expect(await seen(lab, a, link)).toContain(link.expected(a));
      await mustReachFromOwnAddress(a, b);
      for (const pod of [a, b]) await lab.deletePod(pod);
      for (const link of links.filter(({ where }) => where === "node")) {
        expect(await seen(lab, a, link)).not.toContain(link.expected(a));
      }
      await expectNothingLeft(lab);
    },
  );
}

/** What can be seen of a plugin. */
function seen({ node }: CriLab, pod: Sandbox, { where, look }: Link): Promise<string> {
  const [file, ...args] = look;
  return (where === "node" ? node : pod.namespace).must(file, args);
}

/** After sbr only the source of a packet says which way it goes. */
async function mustReachFromOwnAddress(from: Sandbox, to: Sandbox): Promise<void> {
  for (const family of [4, 6] as const) {
    await mustPing(from, ipOf(to, family), { extra: ["-I", ipOf(from, family)] });
  }
}

async function lacks(links: readonly Link[]): Promise<string> {
  const absent = links.map(({ config }) => lacksPlugin(config.type)).find((lack) => lack !== "");
  if (absent !== undefined) return absent;
  for (const { look } of links.filter(({ where }) => where === "node")) {
    const missing = await run("unshare", ["--net", ...look]).then(
      ({ exitCode, stderr }) => (exitCode === 0 ? "" : stderr.trim()),
      (error: Error) => error.message,
    );
    if (missing !== "") return `needs ${look[0]}: ${missing}`;
  }
  return "";
}
