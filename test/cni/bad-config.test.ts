import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { bareScenario } from "../fixtures/scenario.ts";
import { createNamespace } from "../harness/namespace.ts";
import { CLI } from "../harness/paths.ts";
import type { Scope } from "../harness/scope.ts";

interface BadConfig {
  /** Goes into "An agent whose configuration <title> says so in one line and ends with status 1". */
  title: string;
  /** Keys besides socket and stateDir; a string is the whole file. */
  config: Record<string, unknown> | string;
  says: RegExp;
}

const blue = { name: "blue", nodePrefixes: ["10.81.1.0/24"] };

const CASES: BadConfig[] = [
  {
    title: "is no YAML",
    config: "networks: [",
    says: /agent\.yaml:\d+: .*accepted: YAML 1\.2/,
  },
  { title: "is a list", config: "[1, 2]", says: /accepted: the keys socket, stateDir/ },
  {
    title: "has an unknown key",
    config: { dataplan: {} },
    says: /dataplan = \{\}: unknown key; accepted: the keys socket, stateDir, /,
  },
  {
    title: "has an unknown key in a network",
    config: { networks: [{ ...blue, vlan: 5 }] },
    says: /networks\[0\]\.vlan = 5: unknown key/,
  },
  {
    title: "lacks a network's prefixes",
    config: { networks: [{ name: "blue" }] },
    says: /networks\[0\]\.nodePrefixes = \[\]: accepted: at least one prefix/,
  },
  {
    title: "has a bad CIDR",
    config: { networks: [{ ...blue, nodePrefixes: ["10.81.1.0/33"] }] },
    says: /networks\[0\]\.nodePrefixes\[0\] = "10\.81\.1\.0\/33": .*accepted: a CIDR prefix/,
  },
  {
    title: "has a prefix with host bits",
    config: { networks: [{ ...blue, nodePrefixes: ["10.81.1.5/24"] }] },
    says: /networks\[0\]\.nodePrefixes\[0\] = "10\.81\.1\.5\/24"/,
  },
  {
    title: "has a network that leaks to one with the same addresses",
    config: {
      networks: [
        { ...blue, leaks: [{ prefix: "10.9.0.0/16", network: "red" }] },
        { name: "red", nodePrefixes: ["10.81.0.0/16"] },
      ],
    },
    says: /networks\[0\]\.leaks\[0\]\.network = "red": its node prefix 10\.81\.0\.0\/16 overlaps/,
  },
  {
    title: "has a shared uplink in a bridged network",
    config: { networks: [{ name: "lan", kind: "bridged", uplinks: [{ interface: "eth9" }] }] },
    says: /networks\[0\]\.uplinks\[0\]\.use = "shared": a shared uplink cannot be bridged/,
  },
  {
    title: "follows a VRF device that is not there",
    config: { networks: [{ ...blue, mirror: { vrf: "vrf9" } }] },
    says: /networks\[0\]\.mirror\.vrf = "vrf9": there is no such interface; accepted: a VRF device/,
  },
  {
    title: "has two networks of one name",
    config: { networks: [blue, { ...blue, nodePrefixes: ["10.82.1.0/24"] }] },
    says: /networks\[1\]\.name = "blue": another network has this name/,
  },
  {
    title: "has an impossible MTU",
    config: { networks: [{ ...blue, mtu: 9001 }] },
    says: /networks\[0\]\.mtu = 9001: accepted: 68 .* to 9000 \(6 segments of 1792 bytes/,
  },
  {
    title: "has an MTU too small for IPv6",
    config: { networks: [{ ...blue, nodePrefixes: ["fd81:1::/64"], mtu: 1279 }] },
    says: /networks\[0\]\.mtu = 1279: accepted: 1280/,
  },
  {
    title: "has a gateway outside of the network",
    config: { networks: [{ ...blue, gateways: ["10.82.1.1"] }] },
    says: /networks\[0\]\.gateways\[0\] = "10\.82\.1\.1": outside the network/,
  },
  {
    title: "names a CPU that the machine does not have",
    config: { dataplane: { cpus: [4000] } },
    says: /dataplane\.cpus\[0\] = 4000: accepted: a CPU this process may run on/,
  },
  {
    title: "has too few frames for its ports",
    config: { dataplane: { frames: 1024, maxPorts: 1024 } },
    says: /dataplane\.frames = 1024/,
  },
  {
    title: "opens metrics to the world",
    config: { metrics: { listen: "0.0.0.0:9090" } },
    says: /metrics\.listen = "0\.0\.0\.0:9090": accepted: "unix"/,
  },
  {
    title: "has a relative socket path",
    config: { socket: "agent.sock" },
    says: /socket = "agent\.sock": accepted: an absolute path/,
  },
];

for (const { title, config, says } of CASES) {
  bareScenario(
    `An agent whose configuration ${title} says so in one line and ends with status 1`,
    {},
    async (scope) => {
      const file = join(scope.dir, "agent.yaml");
      writeFileSync(file, typeof config === "string" ? config : complete(scope, config));
      await expectRefusal(scope, file, says);
    },
  );
}

bareScenario("An agent whose configuration file is missing says so in one line", {}, (scope) =>
  expectRefusal(scope, join(scope.dir, "none.yaml"), /none\.yaml: .*cannot be read \(ENOENT\)/),
);

const complete = ({ dir }: Scope, config: Record<string, unknown>): string =>
  JSON.stringify({ socket: join(dir, "agent.sock"), stateDir: join(dir, "state"), ...config });

async function expectRefusal(scope: Scope, file: string, says: RegExp): Promise<void> {
  const node = await createNamespace(scope, "node");
  const result = await node.run(process.execPath, [CLI, "agent", "--config", file]);
  expect(result).toMatchObject({ exitCode: 1, stdout: "" });
  expect(result.stderr).toMatch(says);
  expect(result.stderr).toMatch(/^millrace: [^\n]+\n$/);
  expect(await node.links()).toHaveLength(1);
}
