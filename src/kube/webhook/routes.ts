import { type Answer, HttpError, json, plain } from "../../api/http.ts";
import type { Admission } from "./admission.ts";
import type { CertificateFiles } from "./certificate-files.ts";
import type { ClusterApi } from "./cluster-api.ts";
import type { WebhookMetrics } from "./metrics.ts";
import { readReview, writeReview } from "./review.ts";

/** Largest request of an API server: an object of 1.5 MiB, and what surrounds it. */
export const BODY_LIMIT = 3 * 1024 * 1024;

/** Of the time that the API server waits, what look-ups may take: the answer has to get there. */
const SHARE = 0.7;
/** When it does not say how long it waits. */
const DEFAULT_TIMEOUT_S = 5;

export interface WebhookParts {
  admission: Admission;
  api: Pick<ClusterApi, "definition">;
  certificate: Pick<CertificateFiles, "problem">;
  metrics: WebhookMetrics;
}

type Handle = (parts: WebhookParts, body: string, query: URLSearchParams) => Promise<Answer>;

const ROUTES: Readonly<Record<string, { method: "GET" | "POST"; handle: Handle }>> = {
  "/mutate": { method: "POST", handle: mutate },
  "/healthz": { method: "GET", handle: healthz },
  "/metrics": { method: "GET", handle: metrics },
};

/** Answers a request whose body has been read. @throws HttpError in words */
export function route(method: string | undefined, path: string): Handle {
  const found = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (found === undefined) {
    throw new HttpError(404, `no ${path} here; there is ${Object.keys(ROUTES).join(", ")}`);
  }
  if (found.method === method) return found.handle;
  throw new HttpError(405, `${path} takes ${found.method}`, { allow: found.method });
}

async function mutate(
  { admission, api, metrics }: WebhookParts,
  body: string,
  query: URLSearchParams,
): Promise<Answer> {
  const started = performance.now();
  const observe = (outcome: Parameters<WebhookMetrics["observe"]>[0]) =>
    metrics.observe(outcome, (performance.now() - started) / 1000);
  try {
    const request = readReview(body);
    const signal = AbortSignal.timeout(lookupMs(query));
    const decision = await admission.decide(request, (one) => api.definition(one, signal));
    observe(decision.outcome);
    return json(writeReview(request.uid, decision));
  } catch (error) {
    observe("malformed");
    throw error;
  }
}

/** The API server adds `timeout=5s` to the path. */
function lookupMs(query: URLSearchParams): number {
  const [, seconds = DEFAULT_TIMEOUT_S] = /^(\d{1,2})s$/.exec(query.get("timeout") ?? "") ?? [];
  return Number(seconds) * 1000 * SHARE;
}

async function healthz({ certificate }: WebhookParts): Promise<Answer> {
  const problem = certificate.problem();
  return problem === "" ? plain("ok") : plain(problem, 503);
}

async function metrics({ metrics }: WebhookParts): Promise<Answer> {
  return { status: 200, type: metrics.contentType, body: await metrics.scrape() };
}
