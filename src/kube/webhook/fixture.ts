import { pino } from "pino";
import { Admission, type AdmissionOptions, type Decision } from "./admission.ts";
import type { Definition, FindDefinition } from "./demand.ts";
import { type AdmissionRequest, type PatchOperation, readReview } from "./review.ts";

type Json = Record<string, unknown>;

/** A pod as the API server sends it, in a namespace "shop". */
export function podWith(annotations: Record<string, string>, spec: Json = {}): Json {
  const containers = [
    { name: "app", resources: {} },
    { name: "side", resources: {} },
  ];
  return { metadata: { generateName: "web-", annotations }, spec: { containers, ...spec } };
}

export function reviewOf(object: unknown, request: Json = {}): Json {
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      kind: { group: "", version: "v1", kind: "Pod" },
      ...{ operation: "CREATE", namespace: "shop", name: "", object, ...request },
    },
  };
}

export const requestOf = (object: unknown, request: Json = {}): AdmissionRequest =>
  readReview(JSON.stringify(reviewOf(object, request)));

/** Definitions by "namespace/name": annotations without what all of them begin with. */
export function definitions(all: Record<string, Record<string, string>>): FindDefinition {
  return async ({ namespace, name }): Promise<Definition | null> => {
    const found = all[`${namespace}/${name}`];
    if (found === undefined) return null;
    const entries = Object.entries(found).map(([key, value]) => [
      `k8s.v1.cni.cncf.io/${key}`,
      value,
    ]);
    return { annotations: Object.fromEntries(entries) };
  };
}

export const NOBODY_ASKS: FindDefinition = async () => {
  throw new Error("the API was asked");
};

const log = pino({ level: "silent" });

export async function decide(
  request: AdmissionRequest,
  find: FindDefinition,
  options: Partial<AdmissionOptions> = {},
): Promise<Decision> {
  const all = { onError: "allow", ignoredNamespaces: ["kube-system"], multusNamespace: "infra" };
  return await new Admission({ ...(all as AdmissionOptions), ...options }, log).decide(
    request,
    find,
  );
}

/** RFC 6902, "add" alone. @throws Error where the standard wants one */
export function applyPatch<T>(document: T, patch: readonly PatchOperation[]): T {
  const result = structuredClone(document);
  for (const { op, path, value } of patch) {
    if (op !== "add" || !path.startsWith("/")) throw new Error(`${op} ${path}`);
    const tokens = path.slice(1).split("/");
    const names = tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = names.pop() as string;
    // biome-ignore lint/suspicious/noExplicitAny: any document
    const parent = names.reduce((at: any, name) => at?.[name], result);
    // Only the last member may be missing (RFC 6902 section 4.1).
    if (typeof parent !== "object" || parent === null) throw new Error(`no parent of ${path}`);
    if (Array.isArray(parent)) throw new Error(`${path} is a place in a list`);
    parent[last] = structuredClone(value);
  }
  return result;
}
