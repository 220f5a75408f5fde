import type { z } from "zod";

// A whole list of endpoints in a message would bury the message.
const MAX_SHOWN = 80;

/** An annotation that makes no sense: its key, its value and what is accepted. */
export class AnnotationError extends Error {
  readonly code = "MILLRACE_ANNOTATION";
  readonly key: string;

  /** @param value undefined when the annotation is missing */
  constructor(key: string, value: string | undefined, reason: string) {
    super(value === undefined ? `missing; ${reason}` : `${shorten(value)}: ${reason}`);
    this.name = "AnnotationError";
    this.key = key;
  }
}

/**
 * Reads an annotation that holds JSON.
 * @throws AnnotationError when it is missing, no JSON, or not what the schema describes
 */
export function readJson<T extends z.ZodType>(
  annotations: Readonly<Record<string, string>>,
  key: string,
  schema: T,
): z.infer<T> {
  const text = annotations[key];
  const parsed = schema.safeParse(parse(key, text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []).map((part) => `[${JSON.stringify(part)}]`).join("");
  throw new AnnotationError(key, text, `${path}${path && ": "}accepted: ${issue?.message ?? ""}`);
}

function parse(key: string, text: string | undefined): unknown {
  if (text === undefined) throw new AnnotationError(key, text, "accepted: JSON");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AnnotationError(key, text, `accepted: JSON; ${(error as Error).message}`);
  }
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
