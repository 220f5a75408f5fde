import { add } from "./add.ts";
import type { Attacher } from "./attacher.ts";
import { check } from "./check.ts";
import { decode, versionOf } from "./decode.ts";
import { del } from "./del.ts";
import type { CniCommand } from "./environment.ts";
import { CNI_ERROR, CniError, show } from "./errors.ts";
import { gc } from "./gc.ts";
import { type CniRequest, parseRequest } from "./request.ts";
import { status } from "./status.ts";
import { version } from "./version.ts";

type Verb = (request: CniRequest, attacher: Attacher) => Promise<string>;

const VERBS: Record<CniCommand, Verb> = {
  ADD: add,
  DEL: del,
  CHECK: check,
  GC: gc,
  STATUS: status,
  VERSION: version,
};

export interface CniReply {
  /** HTTP status; the executable exits with 0 for 2xx. */
  status: number;
  /** JSON for stdout, or empty. */
  body: string;
}

/**
 * Answers one `POST /cni`. Never rejects: whatever goes wrong becomes the error structure of the
 * spec in the request's cniVersion.
 * @param body `{"env": {CNI_*}, "config": "<stdin>"}` as the executable sends it
 * @param onUnexpected gets what is not a CniError, with its stack, for the log
 */
export async function handleCni(
  body: string,
  attacher: Attacher,
  onUnexpected?: (error: unknown) => void,
): Promise<CniReply> {
  let call: unknown;
  try {
    call = decode(body, "the call");
    const request = parseRequest(call);
    return { status: 200, body: await VERBS[request.command](request, attacher) };
  } catch (error) {
    if (!(error instanceof CniError)) onUnexpected?.(error);
    const known = error instanceof CniError ? error : internalError(error);
    return { status: httpStatus(known.code), body: JSON.stringify(known.toJSON(versionOf(call))) };
  }
}

function internalError(error: unknown): CniError {
  const details = error instanceof Error ? error.message : show(error);
  return new CniError(CNI_ERROR.internal, "internal error in the millrace agent", details);
}

// For people who look at HTTP; callers of the executable see the code in the body.
function httpStatus(code: number): number {
  if (code < CNI_ERROR.tryAgainLater && code !== CNI_ERROR.ioFailure) return 400;
  return code < CNI_ERROR.checkFailed ? 503 : 500;
}
