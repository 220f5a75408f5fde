import { expect } from "vitest";
import { dropsDuring, expectBalanced } from "../fixtures/counters.ts";
import { gatewayOf, ipOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { attempt } from "../fixtures/sockets.ts";

const NOWHERE = { 4: "192.0.2.1", 6: "2001:db8::1" } as const;

// Types and codes: RFC 792 and RFC 4443.
const TIME_EXCEEDED = { 4: { type: 11, code: 0 }, 6: { type: 3, code: 0 } } as const;
const NO_ROUTE = { 4: { type: 3, code: 0 }, 6: { type: 1, code: 0 } } as const;
const PORT = { 4: { type: 3, code: 3 }, 6: { type: 1, code: 4 } } as const;

for (const family of [4, 6] as const) {
  const origin = family === 4 ? "icmp" : "icmp6";

  scenario(
    `A datagram with TTL 1 makes the gateway say "time exceeded" over IPv${family}`,
    { needs: ["python"] },
    async (lab) => {
      const [a, b] = await lab.addPair();
      const drops = await dropsDuring(lab, a, async () => {
        const { errno, errors } = await attempt(a, "udp", ipOf(b, family), { ttl: 1 });
        expect(errno).toBe("EHOSTUNREACH");
        const from = gatewayOf(a, family);
        expect(errors).toEqual([
          { errno: "EHOSTUNREACH", origin, ...TIME_EXCEEDED[family], info: 0, from },
        ]);
      });
      expect(drops).toMatchObject({ "ttl-expired": 1 });
      await expectBalanced(lab);
    },
  );

  scenario(
    `A datagram with TTL 2 reaches the other pod over IPv${family}: the gateway is one hop`,
    { needs: ["python"] },
    async (lab) => {
      const [a, b] = await lab.addPair();
      // Nobody listens there: the answer is the other kernel's, so the packet has arrived.
      const { errno, errors } = await attempt(a, "udp", ipOf(b, family), { ttl: 2 });
      expect(errno).toBe("ECONNREFUSED");
      expect(errors).toMatchObject([{ origin, ...PORT[family], from: ipOf(b, family) }]);
    },
  );

  for (const protocol of ["tcp", "udp"] as const) {
    scenario(
      `${protocol.toUpperCase()} to an address without a route fails with ENETUNREACH over IPv${family}`,
      { needs: ["python"] },
      async (lab) => {
        const [a] = await lab.addPair();
        const { errno, errors, ms } = await attempt(a, protocol, NOWHERE[family]);
        expect(errno).toBe("ENETUNREACH");
        expect(ms).toBeLessThan(1000);
        const from = gatewayOf(a, family);
        expect(errors).toMatchObject([{ origin, ...NO_ROUTE[family], from }]);
        await expectBalanced(lab);
      },
    );

    scenario(
      `${protocol.toUpperCase()} to the gateway itself is refused with ECONNREFUSED over IPv${family}`,
      { needs: ["python"] },
      async (lab) => {
        const [a] = await lab.addPair();
        const from = gatewayOf(a, family);
        const drops = await dropsDuring(lab, a, async () => {
          const { errno, errors } = await attempt(a, protocol, from);
          expect(errno).toBe("ECONNREFUSED");
          expect(errors).toMatchObject([{ origin, ...PORT[family], from }]);
        });
        expect(drops).toMatchObject({ "local-unhandled": 1 });
        await expectBalanced(lab);
      },
    );
  }
}

scenario(
  "ICMP errors are limited to the rate configured, and those not sent are counted",
  { needs: ["python"], config: { dataplane: { icmpPerSecond: 10 } } },
  async (lab) => {
    const [a] = await lab.addPair();
    const drops = await dropsDuring(lab, a, async () => {
      // 200 per second for half a second: at most the burst of 1 and 5 more are answered.
      const args = ["-n", "-q", "-c", "100", "-i", "0.005", "-W", "0.1", NOWHERE[4]];
      await a.namespace.run("ping", args);
    });
    expect(drops).toMatchObject({ "no-route": 100 });
    const { ports } = await lab.agent.client.counters();
    const { icmp_errors: sent = 0, icmp_limited: limited = 0 } = ports[0]?.counters ?? {};
    expect(sent + limited).toBe(100);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(50);
    await expectBalanced(lab);
  },
);
