import { expect } from "vitest";
import { dropsDuring, expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustPing, ping } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { addLoopback, connectUplink, restartWith, uplinkedNetwork } from "../fixtures/uplink.ts";
import { CLI } from "../harness/paths.ts";
import { type RunResult, run } from "../harness/run.ts";

const BEHIND = { 4: "192.0.2.1", 6: "2001:db8:2::1" } as const;
const PREFIX = { 4: "192.0.2.0/24", 6: "2001:db8:2::/64" } as const;
const RED = { name: "red", nodePrefixes: ["10.81.2.0/24", "fd81:2::/64"], routes: ["0.0.0.0/0"] };

/** The command as people type it. */
function millrace(lab: Lab, line: string): Promise<RunResult> {
  const args = [CLI, ...line.split(" "), "--socket", lab.agent.socket];
  return run(process.execPath, args, { signal: lab.scope.signal });
}

async function must(lab: Lab, line: string): Promise<string> {
  const { exitCode, stdout, stderr } = await millrace(lab, line);
  expect(exitCode, `millrace ${line}: ${stderr}`).toBe(0);
  return stdout;
}

for (const family of [4, 6] as const) {
  scenario(
    `A route made by the command carries packets, is shown, survives a restart and goes over IPv${family}`,
    { timeoutMs: 60_000 },
    async (lab) => {
      const far = await connectUplink(lab);
      await addLoopback(far, `${BEHIND[family]}/${family === 4 ? 32 : 128}`);
      const networks = [uplinkedNetwork([far.uplink])];
      await restartWith(lab, networks);
      const pod = await lab.addPod("a");
      const target = BEHIND[family];
      const via = family === 4 ? far.ip4 : far.ip6;
      expect(await ping(pod, target, { count: 1 })).toMatchObject({ received: 0 });
      const refused = await millrace(lab, `trace --from ${pod.ip4} --to ${target}`);
      expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("no-route") });

      await must(lab, `routes add --network blue ${PREFIX[family]} --via ${via} --count`);
      await mustPing(pod, target, { count: 3 });
      const shown = await must(lab, `routes show --network blue --match ${target}`);
      expect(shown).toContain(PREFIX[family]);
      expect(shown).toContain(`via ${via} on ${far.uplink}`);
      expect(shown).toContain("static");
      const [route] = JSON.parse(await must(lab, `routes show --match ${target} --json`)).routes;
      expect(route).toMatchObject({ prefix: PREFIX[family], source: "static" });
      expect(route.packets).toBeGreaterThanOrEqual(3);

      const traced = await must(lab, `trace --from ${pod.hostName} --to ${target}`);
      console.log(traced.trimEnd());
      expect(traced).toContain(PREFIX[family]);
      expect(traced).toContain(`sent by ${far.uplink}`);
      const { verdict, steps } = JSON.parse(
        await must(lab, `trace --from ${pod.hostName} --to ${target} --json`),
      ) as { verdict: string; steps: { facts: Record<string, unknown> }[] };
      expect(verdict).toBe("sent");
      expect(steps.map(({ facts }) => facts["route"])).toContain(PREFIX[family]);
      expect(steps.map(({ facts }) => facts["next_hop"])).toContain(via);

      await lab.agent.stop();
      await lab.restart({ config: { networks } });
      await mustPing(pod, target, { count: 3, patience: 15 });
      const after = JSON.parse(await must(lab, `routes show --match ${target} --json`));
      expect(after).toMatchObject({ routes: [{ prefix: PREFIX[family] }], waiting: [] });
      await lab.agent.kill();
      await lab.restart({ config: { networks } });
      await mustPing(pod, target, { count: 3, patience: 15 });

      await must(lab, `routes del --network blue ${PREFIX[family]}`);
      const gone = await ping(pod, target, { count: 1 });
      expect(gone.received).toBe(0);
      expect(gone.output).toMatch(/Destination (Net Unreachable|unreachable: No route)/);
      await expectBalanced(lab);
    },
  );
}

scenario(
  "Two networks that leak to each other by command reach each other, and not before",
  { timeoutMs: 60_000, config: { networks: [uplinkedNetwork([], {}), RED] } },
  async (lab) => {
    const a = await lab.addPod("a");
    const b = await lab.addPod("b", { network: "red" });
    expect(await ping(a, b.ip4, { count: 1 })).toMatchObject({ received: 0 });
    await must(lab, "routes add --network blue 10.81.2.0/24 --leak red");
    // One way only: requests arrive, answers find no route.
    const drops = await dropsDuring(lab, b, async () => {
      expect(await ping(a, b.ip4, { count: 2 })).toMatchObject({ sent: 2, received: 0 });
    });
    expect(drops).toMatchObject({ "no-route": 2 });
    await must(lab, "routes add --network red 10.81.1.0/24 --leak blue");
    await mustPing(a, b.ip4);
    await mustPing(b, a.ip4);
    const shown = await must(lab, "routes show --network blue --match 10.81.2.9");
    expect(shown).toContain("routes of red");
    const traced = await must(lab, `trace --from ${a.hostName} --to ${b.ip4}`);
    console.log(traced.trimEnd());
    expect(traced).toContain("red");
    const loop = await millrace(lab, "routes add --network red 10.81.2.0/23 --leak blue");
    expect(loop.exitCode).toBe(1);
    expect(loop.stderr).toMatch(/^millrace: the agent refused: .+/);
    await must(lab, "routes del --network blue 10.81.2.0/24");
    expect(await ping(a, b.ip4, { count: 1 })).toMatchObject({ received: 0 });
  },
);
