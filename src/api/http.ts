import type { IncomingMessage, ServerResponse } from "node:http";
import { ForwardingError } from "../dataplane/forwarding-error.ts";

export interface Answer {
  status: number;
  /** Media type. */
  type: string;
  body: string;
  headers?: Record<string, string>;
}

/** An answer that a client can show as it is. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.headers = headers;
  }
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: "application/json", body: `${JSON.stringify(value)}\n` };
}

export function plain(text: string, status = 200): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${text}\n` };
}

/**
 * Reads a request body of at most `limit` bytes as UTF-8.
 * @throws HttpError 413 as soon as more has arrived or is announced.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<string> {
  const tooLarge = () =>
    new HttpError(413, `the request body exceeds ${limit} bytes`, { connection: "close" });
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop must not destroy the connection: the refusal still has to go out.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Sends an answer unless the client has gone. */
export function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  const length = Buffer.byteLength(answer.body);
  const headers = { "content-type": answer.type, "content-length": length, ...answer.headers };
  response.writeHead(answer.status, headers).end(answer.body);
}

/**
 * Error as answer: `{error}` with the status it names, with `key` and 400 for what the tables
 * refuse, 500 for everything unforeseen.
 */
export function errorAnswer(error: unknown): Answer {
  if (error instanceof HttpError) {
    return { ...json({ error: error.message }, error.status), headers: error.headers };
  }
  if (error instanceof ForwardingError) return json({ error: error.message, key: error.key }, 400);
  return json({ error: error instanceof Error ? error.message : String(error) }, 500);
}
