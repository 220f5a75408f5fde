import { z } from "zod";
import { HttpError } from "../../api/http.ts";

const quantities = z.record(z.string(), z.union([z.string(), z.number()])).nullish();
const container = z.object({
  name: z.string(),
  restartPolicy: z.string().nullish(),
  resources: z.object({ limits: quantities, requests: quantities }).nullish(),
});
const podSchema = z.object({
  spec: z.object({
    containers: z.array(container).min(1),
    initContainers: z.array(container).nullish(),
    nodeSelector: z.record(z.string(), z.string()).nullish(),
    hostNetwork: z.boolean().nullish(),
  }),
});
const annotatedSchema = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
});
const namedSchema = z.object({
  metadata: z.object({ name: z.string().optional(), generateName: z.string().optional() }),
});

/** What is read of a pod; all else is passed over. */
export type Pod = z.infer<typeof podSchema>;
export type Container = z.infer<typeof container>;

/** Annotations of a pod; none of what is no pod. */
export function annotationsOf(object: unknown): Readonly<Record<string, string>> {
  return annotatedSchema.safeParse(object).data?.metadata.annotations ?? {};
}

/** For the log. One that a controller makes gets the rest of its name after admission. */
export function nameOf(object: unknown): string {
  const { name, generateName = "" } = namedSchema.safeParse(object).data?.metadata ?? {};
  return name ?? `${generateName}…`;
}

/** @throws HttpError 400 when it is no pod */
export function readPod(object: unknown): Pod {
  const parsed = podSchema.safeParse(object);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new HttpError(400, `the object is no pod: ${issue?.path.join(".")}: ${issue?.message}`);
}
