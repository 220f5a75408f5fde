import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import { type Answer, errorAnswer, HttpError, readBody, send } from "../../api/http.ts";
import type { Logger } from "../../telemetry/log.ts";
import { LogLimit } from "../../telemetry/log-limit.ts";
import type { ServingCertificate } from "./certificate.ts";
import { BODY_LIMIT, route, type WebhookParts } from "./routes.ts";

const DISTRUST_PER_MINUTE = 2;
const LIMITS = {
  handshakeTimeout: 10_000,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  // How often Node looks at the two before.
  connectionsCheckingInterval: 2000,
  // Longer than the 90 s after which API servers close a connection that is idle: who closes
  // first must be the one who sends, or a request may meet a closing door.
  keepAliveTimeout: 120_000,
};

/** The HTTPS server; it does not listen yet. */
export function createWebhookServer(
  { cert, key }: ServingCertificate,
  parts: WebhookParts,
  log: Logger,
): Server {
  const limit = new LogLimit(DISTRUST_PER_MINUTE);
  const server = createServer({ cert, key, ...LIMITS }, (request, response) => {
    void answer(request, parts, log).then((result) => {
      // A connection kept alive after close() would delay the end by two minutes.
      response.shouldKeepAlive &&= server.listening;
      send(response, result);
    });
  });
  server.on("tlsClientError", (error) => tellDistrust(error, log, limit));
  return server;
}

/**
 * A client that breaks off because of our certificate is most likely an API server whose CA bundle
 * does not fit, and says so nowhere where people look.
 */
function tellDistrust({ code = "" }: NodeJS.ErrnoException, log: Logger, limit: LogLimit): void {
  if (!/ALERT_(UNKNOWN_CA|\w*CERTIFICATE)/.test(code)) return;
  const suppressed = limit.admit();
  if (suppressed === null) return;
  log.warn({ code, suppressed }, "a client does not trust the serving certificate");
}

async function answer(request: IncomingMessage, parts: WebhookParts, log: Logger): Promise<Answer> {
  const { method, url = "/" } = request;
  try {
    const [path = "/", ...query] = url.split("?");
    const handle = route(method, path);
    const body = await readBody(request, BODY_LIMIT);
    return await handle(parts, body, new URLSearchParams(query.join("?")));
  } catch (error) {
    // A client that leaves in the middle of its body is no failure of ours.
    const foreseen = error instanceof HttpError || !request.complete;
    if (!foreseen) log.error({ err: error, url }, "webhook failure");
    else log.debug({ url, reason: (error as Error).message }, "request refused");
    return errorAnswer(error);
  }
}
