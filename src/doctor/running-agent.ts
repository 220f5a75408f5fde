import type { AgentStatus } from "../agent/view.ts";
import { AgentCallError, createClient } from "../api/client.ts";

/** What the agent behind a socket says of itself; null when none answers. */
export async function runningAgent(socket: string): Promise<AgentStatus | null> {
  try {
    return await createClient(socket).status();
  } catch (error) {
    if (error instanceof AgentCallError) return null;
    throw error;
  }
}
