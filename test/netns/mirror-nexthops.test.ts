import { expect } from "vitest";
import { expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustPing } from "../fixtures/ping.ts";
import type { Family, Pod } from "../fixtures/pod.ts";
import { python, startPython } from "../fixtures/python.ts";
import { scenario } from "../fixtures/scenario.ts";
import {
  addLoopback,
  connectUplink,
  type Far,
  restartWith,
  uplinkedNetwork,
} from "../fixtures/uplink.ts";
import { waitFor } from "../fixtures/wait.ts";

const SCRIPT = "uplink_traffic.py";
const PORT = 4244;
const FLOWS = 64;
const HOSTS = 3;
const SERVICE = { 4: "192.0.2.80", 6: "2001:db8:80::1" } as const;
const PREFIX = { 4: "192.0.2.0/24", 6: "2001:db8:80::/64" } as const;

/** Which host answered each flow, by source port; null when nobody did. */
type Answers = Record<string, string | null>;

/** How many flows each host has; "null" is nobody. */
function shares(answers: Answers): Record<string, number> {
  const count: Record<string, number> = {};
  for (const name of Object.values(answers)) count[`${name}`] = (count[`${name}`] ?? 0) + 1;
  return Object.fromEntries(Object.entries(count).sort());
}

/** A pod, and hosts on uplinks of their own that offer the same service. */
async function open(lab: Lab): Promise<{ pod: Pod; fars: Far[] }> {
  const fars: Far[] = [];
  for (let i = 0; i < HOSTS; i++) fars.push(await connectUplink(lab, i));
  await lab.node.must("sysctl", ["-q", "-w", "net.ipv6.conf.all.keep_addr_on_down=1"]);
  await restartWith(lab, [uplinkedNetwork(fars.map(({ uplink }) => uplink))]);
  const pod = await lab.addPod("a");
  for (const far of fars) {
    await addLoopback(far, `${SERVICE[4]}/32`, `${SERVICE[6]}/128`);
    for (const address of Object.values(SERVICE)) {
      await startPython(lab.scope, far.namespace, SCRIPT, "name", address, PORT, far.name);
    }
  }
  return { pod, fars };
}

/** Has the kernel know the hosts, as the sessions of a routing protocol do. */
async function resolveAll(pod: Pod, fars: readonly Far[]): Promise<void> {
  for (const { ip4, ip6 } of fars) for (const address of [ip4, ip6]) await mustPing(pod, address);
}

const hopOf = ({ ip4, ip6, uplink }: Far, family: Family) => [
  ...["via", family === 4 ? ip4 : ip6],
  ...["dev", uplink],
];

/** The two ways in which the kernel spreads packets: both lead to all of the hosts. */
const SPREADS = {
  "nexthop group": async (lab: Lab, fars: readonly Far[], family: Family) => {
    for (const [i, far] of fars.entries()) {
      const hop = ["nexthop", "replace", "id", `${10 + i}`, ...hopOf(far, family)];
      await lab.node.must("ip", [`-${family}`, ...hop]);
    }
    const group = fars.map((_, i) => `${10 + i}`).join("/");
    await lab.node.must("ip", ["nexthop", "replace", "id", "100", "group", group]);
    await lab.node.must("ip", [`-${family}`, "route", "replace", PREFIX[family], "nhid", "100"]);
  },
  "multipath route": async (lab: Lab, fars: readonly Far[], family: Family) => {
    const hops = fars.flatMap((far) => ["nexthop", ...hopOf(far, family)]);
    await lab.node.must("ip", [`-${family}`, "route", "replace", PREFIX[family], ...hops]);
  },
};

async function untilHops(lab: Lab, family: Family, count: number): Promise<void> {
  const hops = async () =>
    (await lab.agent.client.routes({ match: SERVICE[family] })).routes.flatMap(
      ({ prefix, nextHops }) => (prefix === PREFIX[family] ? nextHops : []),
    );
  await waitFor(`${count} next hops`, hops, (all) => all.length === count);
}

const ask = (pod: Pod, family: Family) =>
  python<Answers>(pod.namespace, SCRIPT, "ask", SERVICE[family], PORT, FLOWS, 10);

for (const family of [4, 6] as const) {
  for (const [kind, spread] of Object.entries(SPREADS)) {
    scenario(
      `Flows spread over a ${kind}, and a link that goes moves no flow of the others, over IPv${family}`,
      { needs: ["python"], timeoutMs: 120_000 },
      async (lab) => {
        const { pod, fars } = await open(lab);
        const gone = fars[1] as Far;
        await resolveAll(pod, fars);
        await spread(lab, fars, family);
        await untilHops(lab, family, fars.length);
        const before = await ask(pod, family);
        expect(Object.keys(shares(before)).sort()).toEqual(fars.map(({ name }) => name));
        for (const share of Object.values(shares(before))) {
          expect(share).toBeGreaterThan(FLOWS / fars.length / 4);
        }
        expect(await ask(pod, family), "a flow stays on its next hop").toEqual(before);

        await lab.node.must("ip", ["link", "set", gone.uplink, "down"]);
        const during = await ask(pod, family);
        for (const [port, name] of Object.entries(before)) {
          if (name === gone.name) expect(during[port]).not.toBeNull();
          else expect(during[port], `flow from port ${port}`).toBe(name);
        }

        await lab.node.must("ip", ["link", "set", gone.uplink, "up"]);
        // The kernel has dropped objects and IPv6 routes with the link; who made them is back, too.
        await spread(lab, fars, family);
        await untilHops(lab, family, fars.length);
        await resolveAll(pod, fars);
        const after = await ask(pod, family);
        const all = [before, during, after].map((answers) => JSON.stringify(shares(answers)));
        console.log(`${FLOWS} flows: ${all[0]}; a link down: ${all[1]}; up again: ${all[2]}`);
        expect(shares(after)["null"]).toBeUndefined();
        expect(shares(after)[gone.name]).toBeGreaterThan(FLOWS / fars.length / 4);
        await expectBalanced(lab);
      },
    );
  }

  scenario(
    `A next hop that nobody has talked to yet gets its share of the flows over IPv${family}`,
    { needs: ["python"], timeoutMs: 120_000 },
    async (lab) => {
      const { pod, fars } = await open(lab);
      // One is known already: a group must not be content with it.
      await resolveAll(pod, fars.slice(0, 1));
      await SPREADS["multipath route"](lab, fars, family);
      await untilHops(lab, family, fars.length);
      const started = performance.now();
      const spread = await waitFor(
        "flows on every next hop",
        async () => shares(await ask(pod, family)),
        (all) => fars.every(({ name }) => (all[name] ?? 0) > FLOWS / fars.length / 4),
        30_000,
      );
      const ms = Math.round(performance.now() - started);
      console.log(`${FLOWS} flows: ${JSON.stringify(spread)} after ${ms} ms`);
    },
  );
}
