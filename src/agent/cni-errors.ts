import type { AttachmentId, AttachRequest, VfAttachRequest } from "../../cni/attacher.ts";
import { CNI_ERROR, CniError, type CniErrorCode } from "../../cni/errors.ts";
import { PoolError } from "../../sriov/pools/pool-error.ts";
import { errnoOf, said, VfError } from "../../sriov/vf/errors.ts";
import { UndoableStepError } from "../../sriov/vf/steps.ts";
import { PortLimitError } from "../dataplane/worker-load.ts";
import { IpamError } from "../networks/ipam-error.ts";
import { JournalError } from "../store/journal-error.ts";
import type { StoredAttachment } from "../store/records.ts";
import { causeOf, StepError } from "./steps.ts";

/** The error of the CNI spec for what made ADD fail; nothing is left behind at this point. */
export function attachFailure(error: unknown, request: AttachRequest): CniError {
  const known = knownError(error);
  if (known) return known;
  const { code, hint } = classify(error, request);
  const msg = `cannot attach ${request.containerId}:${request.ifname}`;
  return new CniError(code, msg, `${messageOf(error)}${hint && `; ${hint}`}`, { cause: error });
}

/** The same in mode vf; the VF is as it was, or the reconciler comes back to it. */
export function attachVfFailure(
  error: unknown,
  { containerId, ifname }: VfAttachRequest,
): CniError {
  const known = knownError(error);
  if (known) return known;
  const msg = `cannot attach ${containerId}:${ifname}`;
  return new CniError(classifyVf(error), msg, said(error), { cause: error });
}

/** A second ADD without DEL between, which asks for something else. */
export function existsAlready(
  key: string,
  { record, state }: Pick<StoredAttachment, "record" | "state">,
): CniError {
  const { netns } = record;
  const what = record.mode === "vf" ? `VF ${record.vf.address}` : `network ${record.network}`;
  const msg = `CNI_CONTAINERID and CNI_IFNAME name an attachment that exists: ${key}`;
  const details = `it is in state ${state}, ${what}, ${netns}; call DEL first`;
  return new CniError(CNI_ERROR.invalidEnvironment, msg, details);
}

/** The error of the CNI spec for what made DEL fail; a repeated DEL goes on where it stopped. */
export function detachFailure(error: unknown, { containerId, ifname }: AttachmentId): CniError {
  if (error instanceof CniError) return error;
  const code = error instanceof JournalError ? CNI_ERROR.ioFailure : CNI_ERROR.tryAgainLater;
  const msg = `cannot detach ${containerId}:${ifname} completely`;
  const more = knownError(error)?.details ?? "";
  const details = `${messageOf(error)}${more && `: ${more}`}`;
  return new CniError(code, msg, details, { cause: error });
}

// What a step says in the words of the spec already: the IPAM plugin's own error.
function knownError(error: unknown): CniError | null {
  const cause = causeOf(error);
  if (!(cause instanceof CniError)) return null;
  const remains = error instanceof UndoableStepError ? error.remains : [];
  if (remains.length === 0) return cause;
  const details = [cause.details, ...remains].filter((part) => part !== "").join("; ");
  return new CniError(cause.code, cause.message, details, { cause: error });
}

interface Class {
  code: CniErrorCode;
  hint: string;
}

function classify(error: unknown, request: AttachRequest): Class {
  const code = codeOfBooks(error);
  if (code) return { code, hint: "" };
  return error instanceof StepError
    ? classifyStep(error, request)
    : { code: CNI_ERROR.internal, hint: "" };
}

// Addresses and journal are the same for every mode.
function codeOfBooks(error: unknown): CniErrorCode | null {
  const { invalidConfig, tryAgainLater, ioFailure } = CNI_ERROR;
  if (error instanceof JournalError) return ioFailure;
  if (!(error instanceof IpamError)) return null;
  return error.code === "refused" ? invalidConfig : tryAgainLater;
}

function classifyStep({ step, errno, cause }: StepError, { netns, ifname }: AttachRequest): Class {
  if (cause instanceof PortLimitError || errno === "ENOBUFS") {
    return { code: CNI_ERROR.tryAgainLater, hint: "there is room again when a pod goes" };
  }
  if (step === "addPort" && errno === "ETIMEDOUT") {
    return { code: CNI_ERROR.tryAgainLater, hint: "is the node short of CPU?" };
  }
  // The verb has looked at the namespace; it can still vanish between there and here.
  if (step === "createVeth" && (errno === "ENOENT" || errno === "EINVAL")) {
    return { code: CNI_ERROR.invalidNetns, hint: `CNI_NETNS = ${netns}` };
  }
  if (step === "createVeth" && errno === "EEXIST") {
    const hint = `CNI_IFNAME = ${ifname} must be free in ${netns}`;
    return { code: CNI_ERROR.invalidEnvironment, hint };
  }
  if (step === "configurePod" && errno === "EEXIST") {
    const hint = "another interface of the pod has that address or route: see networks[].routes";
    return { code: CNI_ERROR.invalidConfig, hint };
  }
  if (step === "configurePod" && errno === "EPERM") {
    const hint = `is IPv6 disabled in the pod (net.ipv6.conf.${ifname}.disable_ipv6)?`;
    return { code: CNI_ERROR.internal, hint };
  }
  return { code: CNI_ERROR.internal, hint: "" };
}

// What passes by itself: a VF or PF in a reset, one whose last pod is about to go.
const PASSING = new Set(["EAGAIN", "EBUSY", "ETIMEDOUT"]);
const NO_NAMESPACE = new Set(["ENOENT", "EINVAL"]);

function classifyVf(error: unknown): CniErrorCode {
  const { invalidConfig, tryAgainLater, invalidNetns, internal } = CNI_ERROR;
  if (error instanceof PoolError) {
    return error.code === "unknown" ? invalidConfig : tryAgainLater;
  }
  const books = codeOfBooks(error);
  if (books) return books;
  const { step, cause } = error instanceof StepError ? error : { step: "", cause: error };
  const errno = errnoOf(cause);
  if (step === "move" && NO_NAMESPACE.has(errno)) return invalidNetns;
  if (PASSING.has(errno)) return tryAgainLater;
  return cause instanceof VfError || step === "configurePod" ? invalidConfig : internal;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
