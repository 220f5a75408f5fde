import { join } from "node:path";
import type { AgentView } from "../agent/view.ts";
import { serveView } from "../api/fixture.ts";
import type { DoctorHost } from "./host.ts";

/** The API of an agent on a socket below the host's root, until the test ends. */
export async function serve(host: DoctorHost, changes: Partial<AgentView>): Promise<DoctorHost> {
  const socket = join(host.root, "agent.sock");
  await serveView(host.root, socket, changes);
  return { ...host, socket };
}
