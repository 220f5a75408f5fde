import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { spoolDel, spooledDels } from "../fixtures/spool.ts";
import { waitFor } from "../fixtures/wait.ts";
import { spawnAgent } from "../harness/agent-process.ts";
import { cni, mustCni, spoolOf } from "../harness/cni-call.ts";
import { must } from "../harness/run.ts";

const START_MS = 20_000;
const ANSWERS = [
  ["ADD", 11],
  ["CHECK", 11],
  ["GC", 11],
  ["STATUS", 50],
] as const;

scenario(
  "Every call during the start of the agent gets an honest answer, and no DEL is lost",
  {},
  async (lab) => {
    const [a, b] = await lab.addPair();
    const { namespace, call } = await lab.preparePod("late");
    await lab.agent.kill();
    const openGate = await startHeldUp(lab);
    for (const [verb, code] of ANSWERS) {
      const { exitCode, json } = await cni(verb, { ...call, prevResult: a.result });
      expect({ verb, exitCode, ...json }).toMatchObject({
        ...{ verb, exitCode: 1, code, msg: "the millrace agent is starting" },
      });
    }
    await spoolDel(lab, a.call);
    await openGate();
    await waitFor(
      "the end of the DEL",
      () => spooledDels(lab).length,
      (count) => count === 0,
    );
    await expectBare(a.namespace);
    const { json } = await mustCni("ADD", call);
    const [ip4, ip6] = json.ips.map(({ address }: { address: string }) => address.split("/")[0]);
    await mustReach(b, { ip4, ip6 });
    await mustCni("DEL", call);
    await expectBare(namespace);
    await lab.deletePod(b);
    await expectNothingLeft(lab);
  },
);

/** Starts an agent that waits in its spool until somebody writes to a FIFO there. */
async function startHeldUp(lab: Lab): Promise<() => Promise<void>> {
  const gate = join(spoolOf(lab.agent.socket), "gate.json");
  await must("mkfifo", [gate]);
  const agent = spawnAgent(lab.scope, { namespace: lab.node, config: { networks: NETWORKS } });
  lab.agent = agent;
  lab.scope.cleanup.defer(async () => void (await agent.stop()));
  const { call } = await lab.preparePod("early");
  await waitFor(
    "a start",
    () => cni("STATUS", call),
    ({ json }) => json?.msg === "the millrace agent is starting",
    START_MS,
  );
  return async () => {
    writeFileSync(gate, "no DEL");
    const state = () =>
      agent.client.status().then(
        (status) => status.state,
        () => "starting",
      );
    await waitFor("the agent", state, (now) => now === "ready", START_MS);
  };
}
