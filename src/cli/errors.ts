/**
 * The one line a person reads when a command fails: the message, then each cause that says more.
 * Stacks stay out of it.
 */
export function errorLine(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && at !== null; at = causeOf(at)) {
    const text = (at instanceof Error ? at.message : String(at)).trim();
    if (text !== "" && !parts.some((part) => part.includes(text))) parts.push(text);
  }
  return parts.join(": ").replaceAll(/\s*\n\s*/g, " ");
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
