import { expect } from "vitest";
import { expectBare, expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { waitFor } from "../fixtures/wait.ts";
import { type CniVerb, cni, mustCni } from "../harness/cni-call.ts";

const AT_ONCE_MS = 1000;
const PATIENCE_MS = 400;
const VERBS = [
  ["ADD", 11],
  ["CHECK", 11],
  ["GC", 11],
  ["STATUS", 50],
] as const satisfies [CniVerb, number][];

for (const how of ["stopped", "killed"] as const) {
  scenario(
    `With the agent ${how} every verb but DEL fails at once and asks to try again`,
    {},
    async (lab) => {
      const pod = await lab.addPod("a");
      await (how === "stopped" ? lab.agent.stop() : lab.agent.kill());
      for (const [verb, code] of VERBS) {
        const { exitCode, json, ms } = await cni(verb, { ...pod.call, prevResult: pod.result });
        expect({ verb, exitCode, code: json.code }).toEqual({ verb, exitCode: 1, code });
        expect(json.details).toContain(lab.agent.socket);
        expect(ms).toBeLessThan(AT_ONCE_MS);
      }
    },
  );
}

scenario("With an agent that hangs a call ends within MILLRACE_TIMEOUT_MS", {}, async (lab) => {
  const [a, b] = await lab.addPair();
  const { namespace, call } = await lab.preparePod("late");
  const hurried = { ...call, env: { MILLRACE_TIMEOUT_MS: `${PATIENCE_MS}` } };
  await whileHanging(lab.agent.pid, async () => {
    for (const verb of ["ADD", "DEL"] as const) {
      const { exitCode, json, ms } = await cni(verb, hurried);
      expect({ exitCode, code: json.code }).toEqual({ exitCode: 1, code: 11 });
      expect(json.details).toContain(`no answer within ${PATIENCE_MS} ms`);
      expect(ms).toBeGreaterThanOrEqual(PATIENCE_MS);
      expect(ms).toBeLessThan(PATIENCE_MS + AT_ONCE_MS);
    }
  });
  // The agent finds both calls when it wakes up. A runtime that was told to try again calls DEL.
  await waitFor(
    "an answer",
    () => cni("DEL", call),
    ({ exitCode }) => exitCode === 0,
  );
  await mustReach(a, b);
  for (const pod of [a, b]) await lab.deletePod(pod);
  await expectBare(namespace);
  await expectNothingLeft(lab);
});

scenario(
  "An agent that was away for a moment serves the same calls when it is back",
  {},
  async (lab) => {
    const { call } = await lab.preparePod("a");
    await lab.agent.stop();
    expect(await cni("ADD", call)).toMatchObject({ exitCode: 1 });
    await lab.restart();
    await mustCni("ADD", call);
    await mustCni("DEL", call);
    await expectNothingLeft(lab);
  },
);

async function whileHanging(pid: number, work: () => Promise<void>): Promise<void> {
  process.kill(pid, "SIGSTOP");
  try {
    await work();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}
