import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "../api/client.ts";

const POLL_MS = 200;

/**
 * Waits until the agent says that it is ready.
 * @param seconds 0 asks once
 * @throws Error saying what the agent answered last, or that it did not
 */
export async function waitForAgent(socket: string, seconds: number): Promise<void> {
  const client = createClient(socket);
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const said = await client.status().then(
      ({ state }) => (state === "ready" ? "" : `the agent on ${socket} is ${state}`),
      (error: Error) => error.message,
    );
    if (said === "") return;
    if (performance.now() >= deadline) throw new Error(unanswered(said, seconds));
    await delay(POLL_MS);
  }
}

function unanswered(said: string, seconds: number): string {
  const after = seconds === 0 ? "" : ` after ${seconds} s`;
  const why = "a configuration without an agent would keep every pod from starting";
  return `no CNI configuration is written${after}: ${said}; ${why} (--wait SECONDS waits longer)`;
}
