import { NEWEST_VERSION } from "./versions.ts";

/**
 * Error codes of CNI spec 1.1.0, section 5 (Error). 8 and 999 come from the reference
 * implementation; 100 and above are the plugin's own.
 */
export const CNI_ERROR = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  /** The runtime need not call DEL. */
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidConfig: 7,
  invalidNetns: 8,
  /** A condition that passes: the runtime should repeat the call. */
  tryAgainLater: 11,
  /** STATUS: no ADD can be served. */
  notAvailable: 50,
  /** STATUS: no ADD can be served and existing pods may have lost connectivity. */
  limitedConnectivity: 51,
  /** CHECK: the attachment is not what its result says. */
  checkFailed: 100,
  internal: 999,
} as const;

export type CniErrorCode = (typeof CNI_ERROR)[keyof typeof CNI_ERROR];

/** What a CNI caller reads on stdout when a call fails. */
export interface CniErrorJson {
  cniVersion: string;
  code: number;
  msg: string;
  details?: string;
}

/** The one error of a CNI call. `message` is the short `msg`, `details` the long story. */
export class CniError extends Error {
  readonly code: CniErrorCode;
  readonly details: string;

  constructor(code: CniErrorCode, msg: string, details = "", options?: ErrorOptions) {
    super(msg, options);
    this.name = "CniError";
    this.code = code;
    this.details = details;
  }

  /** The error structure of the spec; `cniVersion` is that of the request. */
  toJSON(cniVersion: string): CniErrorJson {
    return {
      // JSON.stringify(error) passes "" here.
      cniVersion: cniVersion === "" ? NEWEST_VERSION : cniVersion,
      code: this.code,
      msg: this.message,
      ...(this.details === "" ? {} : { details: this.details }),
    };
  }
}

const MAX_SHOWN = 120;

/** A value of unknown origin as text for a message: bounded, and safe however deep it is nested. */
export function show(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = "(nested too deeply to show)";
  }
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
