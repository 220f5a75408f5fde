import { z } from "zod";
import { HttpError } from "../../api/http.ts";

const API_VERSION = "admission.k8s.io/v1";
const KIND = "AdmissionReview";

const optionalText = z.string().nullish();
const requestSchema = z.object({
  uid: z.string().min(1),
  kind: z.object({ group: optionalText, version: optionalText, kind: z.string() }),
  subResource: optionalText,
  operation: z.string(),
  namespace: optionalText,
  name: optionalText,
  object: z.unknown(),
});
const reviewSchema = z.object({ request: requestSchema });

/** What the API server asks (Kubernetes, admission.k8s.io/v1 AdmissionRequest). */
export type AdmissionRequest = z.infer<typeof requestSchema>;

/** RFC 6902. */
export interface PatchOperation {
  op: "add";
  /** RFC 6901. */
  path: string;
  value: unknown;
}

export interface AdmissionAnswer {
  allowed: boolean;
  patch?: readonly PatchOperation[];
  /** Of a refusal: HTTP status and words, both shown to who creates the pod. */
  refusal?: { code: number; reason: string; message: string };
  /** Shown to who creates the pod, as "Warning: …". */
  warnings?: readonly string[];
}

/** @throws HttpError 400 in words */
export function readReview(body: string): AdmissionRequest {
  const review = parse(body);
  const { apiVersion, kind } = (review ?? {}) as Record<string, unknown>;
  if (apiVersion !== API_VERSION || kind !== KIND) {
    const found = JSON.stringify({ apiVersion, kind }).slice(0, 200);
    throw new HttpError(400, `${found}; accepted: ${KIND} of ${API_VERSION}`);
  }
  const parsed = reviewSchema.safeParse(review);
  if (parsed.success) return parsed.data.request;
  const [issue] = parsed.error.issues;
  throw new HttpError(400, `${KIND}: ${issue?.path.join(".")}: ${issue?.message}`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new HttpError(400, `the body is no JSON: ${(error as Error).message}`);
  }
}

/** The review as it is answered; an empty patch is none. */
export function writeReview(
  uid: string,
  { allowed, patch = [], refusal, warnings = [] }: AdmissionAnswer,
): unknown {
  const response = {
    uid,
    allowed,
    ...(refusal && { status: { status: "Failure", ...refusal } }),
    ...(patch.length > 0 && {
      patchType: "JSONPatch",
      patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
    }),
    ...(warnings.length > 0 && { warnings }),
  };
  return { apiVersion: API_VERSION, kind: KIND, response };
}
