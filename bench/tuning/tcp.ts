import { isInterrupted, type Session } from "../commands/session.ts";
import { takeTurns } from "../scale/turns.ts";
import { transfer } from "../tcp/transfer.ts";
import { leaveOut } from "./left-out.ts";
import { tcpScenario } from "./scenarios.ts";
import type { Tuned } from "./start.ts";
import { transferValues } from "./values.ts";
import { reference } from "./variant.ts";

export interface TcpOptions {
  rounds: number;
  /** Of a transfer. */
  seconds: number;
  /** How often a doubtful one is made again. */
  repeats: number;
}

/** One stream between two pods of each variant, once in each round. */
export async function measureTcp(
  session: Session,
  all: readonly Tuned[],
  { rounds, seconds, repeats }: TcpOptions,
): Promise<void> {
  const { scope, draft, live } = session;
  draft.addScenario(tcpScenario);
  const failed = new Set<Tuned>();
  let left = all.length * rounds;
  await takeTurns(all, rounds, scope.signal, async (tuned, round) => {
    const { name } = tuned.variant;
    const text = `round ${round + 1} of ${rounds}: ${tcpScenario.name}: ${name}`;
    live.step({ text, secondsLeft: left-- * seconds });
    if (tuned.tcp === null || failed.has(tuned)) return;
    try {
      const done = await transfer(tuned.tcp, 1, seconds, repeats);
      for (const value of transferValues(name, done)) draft.add(value);
    } catch (error) {
      if (name === reference.name || (await isInterrupted(scope.signal))) throw error;
      failed.add(tuned);
      leaveOut(session, `${tcpScenario.name}: ${name}`, (error as Error).message);
    }
  });
}
