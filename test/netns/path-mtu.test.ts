import { resolve } from "node:path";
import { expect } from "vitest";
import { bareScenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";
import { type Background, startBackground } from "../harness/background.ts";
import { createNamespace, type Namespace } from "../harness/namespace.ts";
import type { Scope } from "../harness/scope.ts";

const PROBER = resolve(import.meta.dirname, "path-mtu-prober.ts");
const ENDS = {
  4: { near: "10.96.1.2", far: "10.96.2.2" },
  6: { near: "fd96:1::2", far: "fd96:2::2" },
} as const;
type Family = keyof typeof ENDS;

/** Two hosts with a router between them; all links have an MTU of 1,500. */
interface Underlay {
  near: Namespace;
  router: Namespace;
  far: Namespace;
}

async function makeUnderlay(scope: Scope): Promise<Underlay> {
  const [near, router, far] = [
    await createNamespace(scope, "near"),
    await createNamespace(scope, "router"),
    await createNamespace(scope, "far"),
  ];
  for (const one of [near, router, far]) {
    await one.must("sysctl", ["-qw", "net.ipv6.conf.default.accept_dad=0"]);
  }
  await connect(router, near, 1);
  await connect(router, far, 2);
  const forwarding = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"];
  await router.must("sysctl", ["-qw", ...forwarding]);
  return { near, router, far };
}

async function connect(router: Namespace, host: Namespace, index: number): Promise<void> {
  const device = `r${index}`;
  const pair = ["name", device, "type", "veth", "peer", "name", "eth0", "netns", host.name];
  await router.must("ip", ["link", "add", ...pair]);
  for (const [one, ifname, last] of [[router, device, 1] as const, [host, "eth0", 2] as const]) {
    const own = [`10.96.${index}.${last}/24`, `fd96:${index}::${last}/64`];
    for (const address of own) await one.must("ip", ["addr", "add", address, "dev", ifname]);
    await one.must("ip", ["link", "set", ifname, "up"]);
  }
  await host.must("ip", ["route", "add", "default", "via", `10.96.${index}.1`]);
  await host.must("ip", ["-6", "route", "add", "default", "via", `fd96:${index}::1`]);
}

async function narrow({ router, far }: Underlay, mtu: number): Promise<void> {
  await router.must("ip", ["link", "set", "r2", "mtu", `${mtu}`]);
  await far.must("ip", ["link", "set", "eth0", "mtu", `${mtu}`]);
}

/** What the router itself has to say finds no way back; what it forwards does. */
async function suppressErrors({ router }: Underlay, family: Family): Promise<void> {
  const rule = ["rule", "add", "iif", "lo", "to", ENDS[family].near, "blackhole"];
  await router.must("ip", [`-${family}`, ...rule]);
}

function startProber(scope: Scope, { near }: Underlay, family: Family): Promise<Background> {
  const { near: source, far: address } = ENDS[family];
  const command = [process.execPath, PROBER, source, address, "1500"] as [string, ...string[]];
  return startBackground(scope, near, command, "probing");
}

/** Waits for a line of what is known now. */
async function becomes(prober: Background, pattern: RegExp, limitMs: number): Promise<string> {
  const last = () =>
    prober
      .output()
      .match(/^view .*$/gm)
      ?.at(-1) ?? "";
  const started = performance.now();
  const line = await waitFor(`${pattern}`, last, (now) => pattern.test(now), limitMs);
  console.log(`${line} after ${Math.round(performance.now() - started)} ms`);
  return line;
}

for (const family of [4, 6] as const) {
  bareScenario(
    `A path through a router of MTU 1400 is found over IPv${family}, and noticed when it shrinks`,
    { timeoutMs: 60_000 },
    async (scope) => {
      const underlay = await makeUnderlay(scope);
      const prober = await startProber(scope, underlay, family);
      await becomes(prober, /^view ok 1500$/, 15_000);
      await narrow(underlay, 1400);
      await becomes(prober, /^view reduced 1400$/, 15_000);
      await narrow(underlay, 1300);
      await becomes(prober, /^view reduced 1300$/, 15_000);
      expect(prober.output().match(/^applied \d+$/gm)).toEqual([
        "applied 1500",
        "applied 1400",
        "applied 1300",
      ]);
      expect(prober.output()).not.toContain("black hole");
    },
  );

  bareScenario(
    `A router of MTU 1400 whose ICMP does not arrive is a black hole over IPv${family}`,
    { timeoutMs: 90_000 },
    async (scope) => {
      const underlay = await makeUnderlay(scope);
      await narrow(underlay, 1400);
      await suppressErrors(underlay, family);
      const prober = await startProber(scope, underlay, family);
      const line = await becomes(prober, /^view black-hole /, 75_000);
      const mtu = Number(line.split(" ").at(-1));
      expect(mtu).toBeGreaterThan(1392);
      expect(mtu).toBeLessThanOrEqual(1400);
      expect(prober.output()).toContain(`applied ${mtu}`);
      expect(prober.output().match(/black hole: long packets/g)).toHaveLength(1);
    },
  );
}
