import { expect } from "vitest";
import { expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { ping } from "../fixtures/ping.ts";
import type { Family } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { connectUplink, type Far, restartWith, uplinkedNetwork } from "../fixtures/uplink.ts";
import { waitFor } from "../fixtures/wait.ts";

const REFUSED = { 4: "198.18.7.0/24", 6: "2001:db8:bad::/64" } as const;
const REFUSED_HOST = { 4: "198.18.7.1", 6: "2001:db8:bad::1" } as const;

for (const family of [4, 6] as const) {
  scenario(
    `Kernel routes that refuse are answered as the kernel answers over IPv${family}`,
    { timeoutMs: 120_000 },
    async (lab) => {
      const kernel = await connectUplink(lab);
      await restartWith(lab, [uplinkedNetwork([kernel.uplink])]);
      const pod = await lab.addPod("a");
      const target = REFUSED_HOST[family];
      const table: Record<string, Record<string, string>> = {};
      for (const kind of ["unreachable", "prohibit", "blackhole"] as const) {
        const route = ["route", "replace", kind, REFUSED[family]];
        await lab.node.must("ip", [`-${family}`, ...route]);
        await waitFor(
          `the ${kind} route`,
          async () => (await lab.agent.client.routes({ match: target })).routes[0]?.type,
          (type) => type === kind,
        );
        const ours = refusalIn(await ping(pod, target, { count: 1, extra: ["-W", "2"] }));
        await lab.node.must("ip", [`-${family}`, "route", "del", ...route.slice(2)]);
        const theirs = await kernelRefusal(lab, kernel, family, route, target);
        table[kind] = { ours, theirs };
      }
      console.log(JSON.stringify(table));
      for (const [kind, { ours, theirs }] of Object.entries(table)) {
        expect(ours, kind).toBe(theirs);
      }
      expect(table["blackhole"]).toEqual({ ours: "", theirs: "" });
      await expectBalanced(lab);
    },
  );
}

/** What a kernel answers that forwards and has such a route itself. */
async function kernelRefusal(
  lab: Lab,
  router: Far,
  family: Family,
  route: string[],
  target: string,
): Promise<string> {
  const forwarding = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"];
  await router.namespace.must("sysctl", ["-q", "-w", ...forwarding]);
  await router.namespace.must("ip", [`-${family}`, ...route]);
  const via = ["via", family === 4 ? router.ip4 : router.ip6];
  await lab.node.must("ip", [`-${family}`, "route", "add", REFUSED[family], ...via]);
  const args = ["-n", "-c", "1", "-W", "2", target];
  const { stdout } = await lab.node.run("ping", args);
  await lab.node.must("ip", [`-${family}`, "route", "del", REFUSED[family], ...via]);
  return refusalIn({ output: stdout });
}

/** The words with which ping shows an ICMP error; "" when none came. */
const refusalIn = ({ output }: { output: string }): string =>
  /^From \S+ icmp_seq=1 (.*)$/m.exec(output)?.[1] ?? "";
