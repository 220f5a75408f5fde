import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { Forwarding } from "../agent/forwarding.ts";
import type { AgentView } from "../agent/view.ts";
import { json } from "../api/http.ts";
import { openApi } from "../api/server.ts";
import { fakeHost } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import type { DoctorHost } from "./host.ts";

/** The API of an agent on a socket below the host's root, until the test ends. */
export async function serve(host: DoctorHost, changes: Partial<AgentView>): Promise<DoctorHost> {
  const log = pino({ level: "silent" });
  const socket = join(host.root, "agent.sock");
  const api = await openApi({ socket, log });
  onTestFinished(() => api.close());
  const view = { ...fakeView(), ...changes };
  const forwarding = new Forwarding(fakeHost(), EntryStore.open(host.root), log);
  api.serve({ view, forwarding, metrics: createMetrics(view), cni: async () => json({}) });
  return { ...host, socket };
}
