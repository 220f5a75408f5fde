export interface ForwardingProblem {
  /** Path of the key in the request, e.g. changes[1].prefix. */
  key: string;
  value: unknown;
  /** What is wrong with it. */
  reason: string;
  /** What to do instead. */
  remedy: string;
}

/** The one error a change or question gives that cannot be carried out: key, value, remedy. */
export class ForwardingError extends Error {
  readonly code = "MILLRACE_FORWARDING";
  readonly key: string;
  readonly value: unknown;
  /** What is wrong and what to do, without the key: for what was not asked for just now. */
  readonly reason: string;

  constructor({ key, value, reason, remedy }: ForwardingProblem) {
    const subject = value === undefined ? key : `${key} = ${show(value)}`;
    super(`${subject}: ${reason}; ${remedy}`);
    this.name = "ForwardingError";
    this.key = key;
    this.value = value;
    this.reason = `${show(value)}: ${reason}; ${remedy}`;
  }
}

// A whole list in a message would bury the message.
const MAX_SHOWN = 80;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
