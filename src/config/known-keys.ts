import { z } from "zod";

/**
 * "the keys a, b, c" of the mapping at `path` of a schema; null when there is no mapping.
 * @param document what was read: decides which mapping of a union is meant
 */
export function acceptedKeys(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  document?: unknown,
): string | null {
  let at: unknown = unwrap(schema);
  let value = document;
  for (const part of path) {
    value = (value as Record<PropertyKey, unknown> | null | undefined)?.[part];
    if (at instanceof z.ZodObject) at = meant(unwrap(at.shape[part as string]), value);
    else if (at instanceof z.ZodArray) at = meant(unwrap(at.element), value);
    else return null;
  }
  return at instanceof z.ZodObject ? `the keys ${Object.keys(at.shape).join(", ")}` : null;
}

/** The option of a discriminated union that the value has chosen. */
function meant(schema: unknown, value: unknown): unknown {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const key = schema.def.discriminator;
  const chosen = (value as Record<string, unknown> | null | undefined)?.[key];
  return schema.options.find(
    (option) => option instanceof z.ZodObject && option.shape[key]?.safeParse(chosen).success,
  );
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
    ? unwrap(schema.unwrap())
    : schema;
}
