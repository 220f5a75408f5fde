import type { ForwardingApi } from "../agent/forwarding-view.ts";
import { NO_VFS, type VfApi } from "../agent/vf-view.ts";
import type { AgentView } from "../agent/view.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { NO_OVERLAY, type OverlayApi } from "../vxlan/view.ts";
import { startingAnswer } from "./cni.ts";
import {
  changeFdb,
  changeNeighbours,
  changeRoutes,
  movePort,
  showFdb,
  showMirror,
  showNeighbours,
  showRoutes,
  type TableRequest,
  trace,
} from "./forwarding.ts";
import { type Answer, HttpError, json, plain } from "./http.ts";
import { listVfs, releaseVf, showVf } from "./vfs.ts";

/** CNI results with a thousand routes stay far below. */
export const BODY_LIMIT = 1024 * 1024;

/** A batch of some hundred thousand routes. */
export const TABLE_BODY_LIMIT = 32 * BODY_LIMIT;

/** The parts of a running agent that the API shows. */
export interface ApiAgent {
  view: AgentView;
  forwarding: ForwardingApi;
  /** Left out by an agent without VTEPs. */
  overlay?: OverlayApi;
  /** Left out by an agent that looks at no VFs. */
  vfs?: VfApi;
  metrics: Metrics;
  /** Answers one CNI call; `body` is what the executable sent. */
  cni: (body: string) => Promise<Answer>;
}

export interface Route {
  /** Null agent: it is still starting. Only /healthz and /readyz have an answer then. */
  handle: (
    agent: ApiAgent | null,
    body: string,
    query: URLSearchParams,
  ) => Answer | Promise<Answer>;
  /** Bytes of the body at most; BODY_LIMIT by default. */
  bodyLimit?: number;
}

type Method = "GET" | "POST";

export const ROUTES: Readonly<Record<string, Partial<Record<Method, Route>>>> = {
  "/cni": { POST: { handle: (agent, body) => agent?.cni(body) ?? startingAnswer(body) } },
  "/v1/status": viewRoute((view) => view.status()),
  "/v1/ports": viewRoute((view) => view.ports()),
  "/v1/ports/move": { POST: tableRoute(movePort) },
  "/v1/networks": viewRoute((view) => view.networks()),
  "/v1/attachments": viewRoute((view) => view.attachments()),
  "/v1/counters": viewRoute((view) => view.counters()),
  "/v1/routes": { GET: tableRoute(showRoutes), POST: tableRoute(changeRoutes) },
  "/v1/neighbours": { GET: tableRoute(showNeighbours), POST: tableRoute(changeNeighbours) },
  "/v1/fdb": { GET: tableRoute(showFdb), POST: tableRoute(changeFdb) },
  "/v1/mirror": { GET: tableRoute(showMirror) },
  "/v1/vteps": overlayRoute((overlay) => overlay.vteps()),
  "/v1/vnis": overlayRoute((overlay) => overlay.vnis()),
  "/v1/fabric": overlayRoute((overlay) => overlay.fabric()),
  "/v1/vfs": { GET: vfRoute(listVfs) },
  "/v1/vfs/show": { GET: vfRoute(showVf) },
  "/v1/vfs/release": { POST: vfRoute(releaseVf) },
  "/v1/trace": { POST: tableRoute(trace) },
  "/metrics": { GET: { handle: (agent) => metricsAnswer(started(agent).metrics) } },
  "/healthz": { GET: { handle: () => plain("ok") } },
  "/readyz": { GET: { handle: readyAnswer } },
};

/** What a request is answered with. @throws HttpError 404, 405 or 503 in words. */
export function findRoute(method: string | undefined, url: string | undefined): Route {
  const path = (url ?? "/").split("?", 1)[0] ?? "/";
  const routes = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (routes === undefined) {
    throw new HttpError(404, `no ${path} here; there is ${Object.keys(ROUTES).join(", ")}`);
  }
  const route = method === "GET" || method === "POST" ? routes[method] : undefined;
  if (route !== undefined) return route;
  const allow = Object.keys(routes).join(", ");
  throw new HttpError(405, `${path} takes ${allow}`, { allow });
}

export async function metricsAnswer(metrics: Metrics): Promise<Answer> {
  return { status: 200, type: metrics.contentType, body: await metrics.scrape() };
}

function viewRoute(show: (view: AgentView) => unknown): { GET: Route } {
  return { GET: { handle: (agent) => json(show(started(agent).view)) } };
}

function overlayRoute(show: (overlay: OverlayApi) => unknown): { GET: Route } {
  return {
    GET: { handle: async (agent) => json(await show(started(agent).overlay ?? NO_OVERLAY)) },
  };
}

function vfRoute(
  ask: (vfs: VfApi, body: string, query: URLSearchParams) => Promise<Answer>,
): Route {
  return { handle: (agent, body, query) => ask(started(agent).vfs ?? NO_VFS, body, query) };
}

function tableRoute(ask: TableRequest): Route {
  return {
    handle: async (agent, body, query) => json(await ask(started(agent).forwarding, body, query)),
    bodyLimit: TABLE_BODY_LIMIT,
  };
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
