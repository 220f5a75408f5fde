import { describeFailure } from "../../fabric/kubernetes-error.ts";
import type { Logger } from "../../telemetry/log.ts";
import { ASKING, DEFAULT_NETWORK, MIRROR, NETWORKS } from "./annotations.ts";
import { demandOf, type FindDefinition } from "./demand.ts";
import { patchFor } from "./patch.ts";
import { annotationsOf, nameOf, type Pod, readPod } from "./pod.ts";
import { PodRefusal } from "./pod-refusal.ts";
import type { AdmissionAnswer, AdmissionRequest } from "./review.ts";
import { readWishes } from "./wishes.ts";

/** Names are part of the metrics. */
export type Outcome =
  /** Not a pod that asks for anything; nothing was looked at. */
  | "ignored"
  /** The pod asks for all it needs already. */
  | "unchanged"
  | "patched"
  | "refused"
  /** The API could not be asked; `onError` has decided. */
  | "undecided";

export interface Decision extends AdmissionAnswer {
  outcome: Outcome;
}

export interface AdmissionOptions {
  /** What becomes of a pod whose definitions cannot be read. */
  onError: "allow" | "refuse";
  /** Whose pods are left alone. */
  ignoredNamespaces: readonly string[];
  /** Where Multus looks for a default network that is named without a namespace. */
  multusNamespace: string;
}

/** Which pods get what; knows of no transport. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #ignored: ReadonlySet<string>;
  readonly #log: Logger;

  constructor(options: AdmissionOptions, log: Logger) {
    this.#options = options;
    this.#ignored = new Set(options.ignoredNamespaces);
    this.#log = log;
  }

  /**
   * Decides about a request. A pod without annotations of ours is allowed before anything else of
   * it is read.
   * @param find looks definitions up within the time that is left for the request
   * @throws HttpError 400 when what should be a pod is none
   */
  async decide(request: AdmissionRequest, find: FindDefinition): Promise<Decision> {
    const annotations = annotationsOf(request.object);
    if (!this.#concerns(request, annotations)) return { outcome: "ignored", allowed: true };
    const pod = readPod(request.object);
    const facts = { namespace: request.namespace, pod: nameOf(request.object) };
    try {
      const namespaces = { pod: request.namespace ?? "", multus: this.#options.multusNamespace };
      const wishes = readWishes(annotations, pod, namespaces);
      const patch = patchFor(pod, wishes.container, await demandOf(wishes, find));
      const outcome = patch.length > 0 ? "patched" : "unchanged";
      this.#log.info({ ...facts, patch }, `pod ${outcome}`);
      return { outcome, allowed: true, patch, warnings: hostNetworkWarnings(pod, annotations) };
    } catch (error) {
      return error instanceof PodRefusal
        ? this.#refused(error, facts)
        : this.#undecided(error, facts);
    }
  }

  #concerns(
    { kind, operation, subResource, namespace }: AdmissionRequest,
    annotations: Readonly<Record<string, string>>,
  ): boolean {
    // Later, neither resources nor nodes of a pod can be changed.
    if (kind.kind !== "Pod" || kind.group || operation !== "CREATE" || subResource) return false;
    if (this.#ignored.has(namespace ?? "") || MIRROR in annotations) return false;
    return ASKING.some((key) => (annotations[key] ?? "") !== "");
  }

  #refused({ message }: PodRefusal, facts: object): Decision {
    this.#log.warn({ ...facts, reason: message }, "pod refused");
    const refusal = { code: 400, reason: "BadRequest", message };
    return { outcome: "refused", allowed: false, refusal };
  }

  #undecided(error: unknown, facts: object): Decision {
    const allowed = this.#options.onError === "allow";
    const reason = describeFailure(error);
    this.#log.error({ ...facts, allowed, reason, err: error }, "definitions could not be read");
    if (allowed) {
      const warnings = [fitWarning(`millrace has added no resources to this pod: ${reason}`)];
      return { outcome: "undecided", allowed, warnings };
    }
    const message = `the pod's networks could not be looked up, try again: ${reason}`;
    const refusal = { code: 503, reason: "ServiceUnavailable", message };
    return { outcome: "undecided", allowed, refusal };
  }
}

function hostNetworkWarnings(
  { spec: { hostNetwork } }: Pod,
  annotations: Readonly<Record<string, string>>,
): string[] {
  if (!hostNetwork) return [];
  const idle = [DEFAULT_NETWORK, NETWORKS].filter((key) => (annotations[key] ?? "") !== "");
  return idle.map((key) => `${key} is without effect: the pod is in the network of its host`);
}

// The API server cuts off what is longer.
const MAX_WARNING = 256;

function fitWarning(text: string): string {
  return text.length > MAX_WARNING ? `${text.slice(0, MAX_WARNING - 1)}…` : text;
}
