import { CNI_ERROR, CniError, type CniErrorCode, show } from "../errors.ts";
import type { IpamCall } from "./call.ts";

/**
 * not-run: the plugin was not executed. refused: it has answered with an error of its own.
 * unknown: it came to no answer, and may or may not have done what it was asked for.
 */
export type IpamOutcome = "not-run" | "refused" | "unknown";

/** An IPAM plugin did not do what it was asked for. The message names the plugin. */
export class IpamPluginError extends CniError {
  readonly outcome: IpamOutcome;

  constructor(outcome: IpamOutcome, code: CniErrorCode, msg: string, details: string) {
    super(code, msg, details);
    this.name = "IpamPluginError";
    this.outcome = outcome;
  }
}

/** The plugin was found, and the kernel does not execute it. */
export function notRun({ type }: IpamCall, path: string, error: unknown): IpamPluginError {
  const msg = `ipam.type = ${show(type)}: ${path} cannot be executed`;
  const remedy = "accepted: an executable for this machine; install the plugin again";
  const details = `${(error as Error).message}; ${remedy}`;
  return new IpamPluginError("not-run", CNI_ERROR.invalidConfig, msg, details);
}

/** It came to no answer that can be used. @param how "hangs …", "was killed …" */
export function noAnswer(
  { type }: IpamCall,
  how: string,
  said: string,
  code: CniErrorCode = CNI_ERROR.internal,
): IpamPluginError {
  const msg = `the IPAM plugin ipam.type = ${show(type)} ${how}`;
  const remedy = "try it by hand with the same configuration, or use another";
  return new IpamPluginError("unknown", code, msg, `it said ${show(said)}; ${remedy}`);
}
