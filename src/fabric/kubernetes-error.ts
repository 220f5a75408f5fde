import { ApiException } from "@kubernetes/client-node";

/** Whether the API does not, or no longer, believe who we are. */
export const isUnauthorized = (error: unknown): boolean =>
  error instanceof ApiException && error.code === 401;

/** Why a request failed, in one line. */
export function describeFailure(error: unknown): string {
  if (error instanceof ApiException) return `HTTP ${error.code}: ${bodyMessage(error.body)}`;
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return describeFailure(cause.errors[0]);
  // undici's own text is "fetch failed" or "terminated" for everything.
  if (cause instanceof Error) return describeFailure(cause);
  const { statusCode } = error as { statusCode?: number };
  return statusCode === undefined ? error.message : `HTTP ${statusCode}: ${error.message}`;
}

function bodyMessage(body: unknown): string {
  const parsed = typeof body === "string" ? parseOrNull(body) : body;
  const { message } = (parsed ?? {}) as { message?: unknown };
  return typeof message === "string" ? message : String(body).slice(0, 200);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
