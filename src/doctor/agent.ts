import { AgentCallError, createClient } from "../api/client.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import type { DoctorHost } from "./host.ts";

/** Whether an agent answers, and what it says is wrong. */
export async function checkAgent({ socket }: DoctorHost): Promise<Finding[]> {
  try {
    const status = await createClient(socket).status();
    if (status.problems.length === 0) {
      return [ok("agent", `${status.version} is ${status.state}, pid ${status.pid}`)];
    }
    const remedy = 'see "millrace status" and the log of the agent';
    return status.problems.map((text) => problem("agent", text, remedy));
  } catch (error) {
    if (!(error instanceof AgentCallError)) throw error;
    const [text = "", remedy = "start it"] = error.message.split(/: (.*)/s);
    return [warning("agent", text, remedy)];
  }
}
