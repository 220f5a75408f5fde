import { CNI_ERROR, CniError, show } from "./errors.ts";

export const COMMANDS = ["ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION"] as const;
export type CniCommand = (typeof COMMANDS)[number];

/** The CNI_* variables of one call; what a verb does not use is empty. */
export interface Environment {
  command: CniCommand;
  containerId: string;
  ifname: string;
  netns: string;
  /** The runtime wants the agent's own network namespace accepted as a pod's. */
  netnsOverride: boolean;
  args: ReadonlyMap<string, string>;
}

// As in the reference implementation; the executable asks for the same (shim/main.cpp).
const REQUIRED: Record<CniCommand, readonly string[]> = {
  ADD: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  CHECK: ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
  DEL: ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
  GC: ["CNI_PATH"],
  STATUS: ["CNI_PATH"],
  VERSION: [],
};

/** Characters of container ids and network names: CNI spec 1.1.0, sections 1 and 2. */
export const NAME_PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
export const NAME_ACCEPTED = "letters, digits, _ . - and a letter or digit first";

// The alias millrace:<containerID>:<ifname> of the host end must fit the kernel's 255 characters.
const MAX_CONTAINER_ID = 230;
const MAX_IFNAME_BYTES = 15;

/**
 * Reads and checks the variables that the call needs.
 * @param env names and values as the executable forwards them
 * @throws CniError 4 naming the variable, its value and what is accepted
 */
export function parseEnvironment(env: Record<string, unknown>): Environment {
  const command = parseCommand(env["CNI_COMMAND"]);
  const read = (name: string) => readVariable(env, name);
  const missing = REQUIRED[command].filter((name) => read(name) === "");
  if (missing.length > 0) {
    throw invalid(`required environment variables are missing: ${missing.join(", ")}`, command);
  }
  const used = new Set(REQUIRED[command]);
  return {
    command,
    containerId: used.has("CNI_CONTAINERID") ? containerId(read("CNI_CONTAINERID"), command) : "",
    ifname: used.has("CNI_IFNAME") ? ifname(read("CNI_IFNAME")) : "",
    netns: used.has("CNI_NETNS") ? netns(read("CNI_NETNS")) : "",
    netnsOverride: /^(1|true)$/i.test(read("CNI_NETNS_OVERRIDE")),
    args: used.has("CNI_NETNS") ? parseArgs(read("CNI_ARGS")) : new Map(),
  };
}

function parseCommand(value: unknown): CniCommand {
  const command = COMMANDS.find((known) => known === value);
  if (command !== undefined) return command;
  if (value === undefined || value === "") throw invalid("CNI_COMMAND is not set");
  throw invalid("unknown CNI_COMMAND", `${show(value)}; accepted: ${COMMANDS.join(", ")}`);
}

function readVariable(env: Record<string, unknown>, name: string): string {
  const value = env[name] ?? "";
  if (typeof value !== "string") throw invalid(`${name} is not a string`, show(value));
  return value;
}

function containerId(value: string, command: CniCommand): string {
  if (!NAME_PATTERN.test(value)) {
    throw invalid("invalid CNI_CONTAINERID", `${show(value)}; accepted: ${NAME_ACCEPTED}`);
  }
  // Only where an alias would be made: DEL of what was refused must succeed.
  if (command === "ADD" && value.length > MAX_CONTAINER_ID) {
    throw invalid("CNI_CONTAINERID is too long", `at most ${MAX_CONTAINER_ID} characters`);
  }
  return value;
}

function ifname(value: string): string {
  const refused =
    Buffer.byteLength(value) > MAX_IFNAME_BYTES ||
    value === "." ||
    value === ".." ||
    // The kernel takes a % for a pattern and would choose a name of its own.
    /[/:%\s\0\u0085]/.test(value);
  if (!refused) return value;
  const accepted = `1 to ${MAX_IFNAME_BYTES} bytes, not "." or "..", without / : % and white space`;
  throw invalid("invalid CNI_IFNAME", `${show(value)}; accepted: ${accepted}`);
}

function netns(value: string): string {
  if (/^\/[^\0]*$/.test(value)) return value;
  throw invalid("invalid CNI_NETNS", `${show(value)}; accepted: an absolute path`);
}

const KNOWN_ARGS = new Set([
  "IgnoreUnknown",
  "K8S_POD_NAMESPACE",
  "K8S_POD_NAME",
  "K8S_POD_UID",
  "K8S_POD_INFRA_CONTAINER_ID",
  "MAC",
  "IP",
]);

/**
 * CNI_ARGS, "KEY=VALUE;KEY=VALUE". The last of repeated keys counts: Multus appends the runtime's
 * pairs to its own. Unknown keys are refused unless IgnoreUnknown is 1 or true.
 * @throws CniError 4
 */
export function parseArgs(text: string): Map<string, string> {
  const args = new Map<string, string>();
  for (const pair of text.split(";")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    if (equals < 1) throw invalid("invalid CNI_ARGS", `${show(pair)}; accepted: KEY=VALUE;…`);
    args.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  const unknown = [...args.keys()].find((key) => !KNOWN_ARGS.has(key));
  if (unknown !== undefined && !/^(1|true)$/i.test(args.get("IgnoreUnknown") ?? "")) {
    const accepted = `${[...KNOWN_ARGS].join(", ")}, or any with IgnoreUnknown=true`;
    const pair = show(`${unknown}=${args.get(unknown)}`);
    throw invalid("unknown key in CNI_ARGS", `${pair}; accepted: ${accepted}`);
  }
  return args;
}

function invalid(msg: string, details = ""): CniError {
  return new CniError(CNI_ERROR.invalidEnvironment, msg, details);
}
