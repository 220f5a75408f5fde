export interface ConfigProblem {
  /** Where the text came from: a file name, with the line when it is known. */
  source: string;
  /** Path of the key, e.g. networks[1].mtu; empty for the document itself. */
  key: string;
  value: unknown;
  /** What is wrong, unless `accepted` says it all. */
  reason?: string;
  /** What would be taken instead. */
  accepted: string;
}

/** The one error a bad configuration gives: key, value and what is accepted. */
export class ConfigError extends Error {
  readonly code = "MILLRACE_CONFIG";
  readonly source: string;
  readonly key: string;
  readonly value: unknown;
  readonly accepted: string;

  constructor({ source, key, value, reason, accepted }: ConfigProblem) {
    const subject = key === "" ? "" : `${key}${value === undefined ? "" : ` = ${show(value)}`}: `;
    super(`${source}: ${subject}${reason === undefined ? "" : `${reason}; `}accepted: ${accepted}`);
    this.name = "ConfigError";
    this.source = source;
    this.key = key;
    this.value = value;
    this.accepted = accepted;
  }
}

/** A key path as people write it: ["networks", 1, "mtu"] is networks[1].mtu. */
export function keyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

// A whole subtree in a message would bury the message.
const MAX_SHOWN = 80;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
