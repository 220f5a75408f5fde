import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ForwardingError } from "../dataplane/forwarding-error.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { claimSocket } from "./claim-socket.ts";
import { cniErrorAnswer } from "./cni.ts";
import { type Answer, errorAnswer, HttpError, readBody, send } from "./http.ts";
import { closeServer, listenOnLoopback, listenOnSocket } from "./listen.ts";
import { type ApiAgent, BODY_LIMIT, findRoute, metricsAnswer } from "./routes.ts";

export { BODY_LIMIT } from "./routes.ts";

/** A CNI call still running when the agent stops gets this long to finish. */
const CLOSE_GRACE_MS = 10_000;

export interface ApiServer {
  /** Begins to answer for `agent`; until then everything but /healthz is refused with 503. */
  serve(agent: ApiAgent): void;
  /** Stops listening, lets requests under way finish and removes the socket. */
  close(): Promise<void>;
}

/**
 * Binds the agent's unix socket (mode 0600). Done before anything else, so that of two agents
 * with one socket the second one stops before it has touched anything.
 * @throws Error in words when another agent listens there or the path cannot be used.
 */
export async function openApi(options: { socket: string; log: Logger }): Promise<ApiServer> {
  let agent: ApiAgent | null = null;
  const server = createServer((request, response) => {
    void answer(request, () => agent, options.log).then((result) => {
      // A connection kept alive after close() would delay the end of the agent by seconds.
      response.shouldKeepAlive &&= server.listening;
      send(response, result);
    });
  });
  await claimSocket(options.socket);
  await listenOnSocket(server, options.socket);
  return {
    serve(started) {
      agent = started;
    },
    close: () => closeServer(server, CLOSE_GRACE_MS),
  };
}

/**
 * Serves /metrics, and nothing else, on a loopback port.
 * @param address "127.0.0.1:PORT" or "[::1]:PORT"
 */
export async function openMetrics(address: string, metrics: Metrics): Promise<ApiServer["close"]> {
  const server: Server = createServer((request, response) => {
    void metricsOnly(request, response, metrics);
  });
  await listenOnLoopback(server, address);
  return () => closeServer(server, 0);
}

async function answer(
  request: IncomingMessage,
  agent: () => ApiAgent | null,
  log: Logger,
): Promise<Answer> {
  try {
    const route = findRoute(request.method, request.url);
    const body = await readBody(request, route.bodyLimit ?? BODY_LIMIT);
    return await route.handle(agent(), body, queryOf(request));
  } catch (error) {
    const foreseen = error instanceof HttpError || error instanceof ForwardingError;
    if (!foreseen) log.error({ err: error, url: request.url }, "API failure");
    return request.url === "/cni" ? cniErrorAnswer(error) : errorAnswer(error);
  }
}

function queryOf({ url = "" }: IncomingMessage): URLSearchParams {
  return new URLSearchParams(url.split("?").slice(1).join("?"));
}

async function metricsOnly(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
): Promise<void> {
  try {
    if (request.url !== "/metrics") throw new HttpError(404, "only /metrics is served here");
    send(response, await metricsAnswer(metrics));
  } catch (error) {
    send(response, errorAnswer(error));
  }
}
