import { z } from "zod";

/** "the keys a, b, c" of the mapping at `path` of a schema; null when there is no mapping. */
export function acceptedKeys(schema: z.ZodType, path: readonly PropertyKey[]): string | null {
  let at: unknown = unwrap(schema);
  for (const part of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[part as string]);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
    else return null;
  }
  return at instanceof z.ZodObject ? `the keys ${Object.keys(at.shape).join(", ")}` : null;
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
    ? unwrap(schema.unwrap())
    : schema;
}
