import type { Attacher } from "../../cni/attacher.ts";
import { isObject, versionOf } from "../../cni/decode.ts";
import { CNI_ERROR, CniError } from "../../cni/errors.ts";
import { type CniReply, handleCni } from "../../cni/server.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type Answer, HttpError, json } from "./http.ts";

/** Label values come from outside; whatever is no verb must not become a series of its own. */
const VERBS = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"];

/** Answers `POST /cni` for an attacher, with a log line and metrics for each call. */
export function cniHandler(
  attacher: Attacher,
  metrics: Metrics,
  log: Logger,
): (body: string) => Promise<Answer> {
  return async (body) => {
    const call = describeCall(body);
    const started = performance.now();
    const reply = await serveCni(body, attacher, metrics, log);
    const ms = performance.now() - started;
    const failure = failureOf(reply);
    metrics.observeCni(call.verb, failure?.code ?? 0, ms / 1000);
    const entry = { ...call, ms: Math.round(ms * 10) / 10, ...failure };
    if (failure === null) log.debug(entry, "CNI call");
    else log.warn(entry, "CNI call refused");
    return { status: reply.status, type: "application/json", body: reply.body };
  };
}

/**
 * Serves one call, from the API or from the spool. The totals of ports are taken over first: DEL
 * removes the port together with its counters.
 */
export function serveCni(
  body: string,
  attacher: Attacher,
  metrics: Metrics,
  log: Logger,
): Promise<CniReply> {
  const call = describeCall(body);
  if (call.verb === "DEL" || call.verb === "GC") metrics.refreshPorts();
  return handleCni(body, attacher, (error) => {
    log.error({ err: error, ...call }, "CNI call failed for an unforeseen reason");
  });
}

/**
 * What a call gets that comes before the agent is ready, in the version of the call. STATUS has a
 * code of its own for it; everything else is to be called again.
 */
export function startingAnswer(body: string): Answer {
  const code =
    describeCall(body).verb === "STATUS" ? CNI_ERROR.notAvailable : CNI_ERROR.tryAgainLater;
  const error = new CniError(code, "the millrace agent is starting", "try again in a moment");
  const answer = json(error.toJSON(versionOf(parsed(body))), 503);
  // The executable then keeps a DEL on the disk for us, as if nobody had answered.
  return { ...answer, headers: { "millrace-agent": "starting" } };
}

/**
 * A refusal of the API itself in the form that a CNI caller reads: too large a body is the
 * caller's fault.
 */
export function cniErrorAnswer(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof HttpError ? error.status : 500;
  const answer = json(new CniError(errorCode(status), message).toJSON(""), status);
  return error instanceof HttpError ? { ...answer, headers: error.headers } : answer;
}

function errorCode(status: number) {
  return status === 413 ? CNI_ERROR.invalidConfig : CNI_ERROR.internal;
}

interface CallFacts {
  verb: string;
  containerId?: string;
  ifname?: string;
}

/** What the log says about a call; handleCni does the checking. */
function describeCall(body: string): CallFacts {
  const call = parsed(body);
  const env = isObject(call) && isObject(call["env"]) ? call["env"] : {};
  const { CNI_COMMAND: verb, CNI_CONTAINERID: containerId, CNI_IFNAME: ifname } = env;
  return {
    verb: VERBS.find((known) => known === verb) ?? "unknown",
    ...(typeof containerId === "string" && { containerId }),
    ...(typeof ifname === "string" && { ifname }),
  };
}

/** Undefined when it is no JSON, which handleCni answers. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function failureOf({ status, body }: CniReply): { code: number; msg: string } | null {
  if (status >= 200 && status < 300) return null;
  const { code, msg } = JSON.parse(body) as { code: number; msg: string };
  return { code, msg };
}
