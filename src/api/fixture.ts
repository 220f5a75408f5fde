import { pino } from "pino";
import { onTestFinished } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { Forwarding } from "../agent/forwarding.ts";
import type { AgentView } from "../agent/view.ts";
import { fakeHost } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { json } from "./http.ts";
import { type ApiServer, openApi } from "./server.ts";

/** The API of an agent that is starting, until the test ends. */
export async function serveStarting(socket: string): Promise<ApiServer> {
  const api = await openApi({ socket, log: pino({ level: "silent" }) });
  onTestFinished(() => api.close());
  return api;
}

/**
 * The API of an agent that is up.
 * @param dir that the agent may write to
 * @param changes what its view shows otherwise than fakeView()
 */
export async function serveView(
  dir: string,
  socket: string,
  changes: Partial<AgentView> = {},
): Promise<void> {
  const api = await serveStarting(socket);
  const view = { ...fakeView(), ...changes };
  const entries = EntryStore.open(dir);
  const forwarding = new Forwarding(fakeHost(), entries, pino({ level: "silent" }));
  api.serve({ view, forwarding, metrics: createMetrics(view), cni: async () => json({}) });
}
