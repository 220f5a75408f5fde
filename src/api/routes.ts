import type { AgentView } from "../agent/view.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type Answer, HttpError, json, plain } from "./http.ts";

/** The parts of a running agent that the API shows. */
export interface ApiAgent {
  view: AgentView;
  metrics: Metrics;
  /** Answers one CNI call; `body` is what the executable sent. */
  cni: (body: string) => Promise<Answer>;
}

export interface Route {
  method: "GET" | "POST";
  /** Null agent: it is still starting. Only /healthz and /readyz have an answer then. */
  handle: (agent: ApiAgent | null, body: string) => Answer | Promise<Answer>;
}

export const ROUTES: Readonly<Record<string, Route>> = {
  "/cni": { method: "POST", handle: (agent, body) => started(agent).cni(body) },
  "/v1/status": viewRoute((view) => view.status()),
  "/v1/ports": viewRoute((view) => view.ports()),
  "/v1/networks": viewRoute((view) => view.networks()),
  "/v1/attachments": viewRoute((view) => view.attachments()),
  "/v1/counters": viewRoute((view) => view.counters()),
  "/metrics": { method: "GET", handle: (agent) => metricsAnswer(started(agent).metrics) },
  "/healthz": { method: "GET", handle: () => plain("ok") },
  "/readyz": { method: "GET", handle: readyAnswer },
};

/** What a request is answered with. @throws HttpError 404, 405 or 503 in words. */
export function findRoute(method: string | undefined, url: string | undefined): Route {
  const path = (url ?? "/").split("?", 1)[0] ?? "/";
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (route === undefined) {
    throw new HttpError(404, `no ${path} here; there is ${Object.keys(ROUTES).join(", ")}`);
  }
  if (method !== route.method) {
    throw new HttpError(405, `${path} takes ${route.method}`, { allow: route.method });
  }
  return route;
}

export async function metricsAnswer(metrics: Metrics): Promise<Answer> {
  return { status: 200, type: metrics.contentType, body: await metrics.scrape() };
}

function viewRoute(show: (view: AgentView) => unknown): Route {
  return { method: "GET", handle: (agent) => json(show(started(agent).view)) };
}

function started(agent: ApiAgent | null): ApiAgent {
  if (agent !== null) return agent;
  throw new HttpError(503, "the agent is starting; try again in a moment");
}

/** Ready means that a pod could be attached now. */
function readyAnswer(agent: ApiAgent | null): Answer {
  if (agent === null) return plain("starting", 503);
  const { state, problems } = agent.view.status();
  if (state === "ready" && problems.length === 0) return plain("ready");
  return plain([state, ...problems].join("\n"), 503);
}
