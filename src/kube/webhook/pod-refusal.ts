// A whole list of networks in a message would bury the message.
const MAX_SHOWN = 80;

/** Why a pod is refused, in words for its author: key, value, and what is accepted instead. */
export class PodRefusal extends Error {
  readonly code = "MILLRACE_POD_REFUSED";
  readonly key: string;

  /** @param key of the annotation; whose it is, when it is not the pod's own */
  constructor(key: string, value: string, reason: string) {
    super(`${key} = ${shown(value)}: ${reason}`);
    this.name = "PodRefusal";
    this.key = key;
  }
}

/** A value as it stands in a message: of what pods say, any length is possible. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
