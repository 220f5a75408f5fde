import { decodeEvent, endsInGoodLine, JOURNAL_VERSION, type JournalEvent } from "./event.ts";
import { JournalError } from "./journal-error.ts";
import {
  type Addressing,
  type AttachmentRecord,
  type AttachmentState,
  attachmentKey,
  type StoredAttachment,
} from "./records.ts";

export type Attachments = Map<string, StoredAttachment>;

export interface Replay {
  attachments: Attachments;
  /** Bytes up to the end of the last good line. */
  goodBytes: number;
  /** Bytes after that: a line the machine did not finish writing. */
  tornBytes: number;
}

const NEWLINE = 0x0a;

/**
 * Works out the state a journal leads to. A bad last line is what a crash leaves behind and is
 * reported as torn; nobody was told that it had been written.
 * @param file named in errors
 * @throws JournalError corrupt: a bad line with others after it, or one that makes no sense
 */
export function replay(data: Buffer, file: string): Replay {
  const attachments: Attachments = new Map();
  let start = 0;
  for (let number = 1; start < data.length; number++) {
    const end = data.indexOf(NEWLINE, start);
    const event = end < 0 ? null : decodeEvent(data.subarray(start, end));
    if (!event) {
      if (isTorn(data.subarray(start))) break;
      throw corrupt(file, number, "its checksum does not match");
    }
    const problem = number === 1 ? headerProblem(event) : eventProblem(attachments, event);
    if (problem) throw corrupt(file, number, problem);
    applyEvent(attachments, event);
    start = end + 1;
  }
  return { attachments, goodBytes: start, tornBytes: data.length - start };
}

/**
 * Whether what follows the last good line is one unfinished line. One that ends in a good line is
 * not: it was finished, and the newline between the two is damaged.
 */
function isTorn(rest: Buffer): boolean {
  const end = rest.indexOf(NEWLINE);
  if (end < 0) return !endsInGoodLine(rest);
  return end === rest.length - 1 && !endsInGoodLine(rest.subarray(0, end));
}

/** Why the event cannot follow on this state; null when it can. */
export function eventProblem(attachments: Attachments, event: JournalEvent): string | null {
  switch (event.event) {
    case "journal":
      return "a second header";
    case "begin":
    case "snapshot": {
      const key = keyOf(event);
      return attachments.has(key) ? `attachment ${key} exists already` : null;
    }
    case "step":
    case "addressed":
    case "commit":
      return stateProblem(attachments, event, ["intent"]);
    case "removing":
    case "removed":
      return stateProblem(attachments, event, ["intent", "attached", "removing"]);
    default:
      return `unknown event ${JSON.stringify(event)}`;
  }
}

/** Changes the state as an event says that eventProblem() has nothing against. */
export function applyEvent(attachments: Attachments, event: JournalEvent): void {
  if (event.event === "begin") {
    attachments.set(keyOf(event), { state: "intent", steps: [], record: event.record });
  } else if (event.event === "snapshot") {
    attachments.set(keyOf(event), event.stored);
  } else if (event.event === "removed") {
    attachments.delete(event.key);
  } else if (event.event !== "journal") {
    const stored = attachments.get(event.key);
    if (!stored) return;
    if (event.event === "step") stored.steps.push(event.step);
    else if (event.event === "addressed") stored.record = addressed(stored.record, event);
    else stored.state = event.event === "commit" ? "attached" : "removing";
  }
}

/** The record with what the IPAM plugin has given. */
export function addressed<T extends AttachmentRecord>(
  record: T,
  { addressing: { dns, ...given } }: { addressing: Addressing },
): T {
  return { ...record, ...given, ...(record.ipam && { ipam: { ...record.ipam, dns } }) };
}

type Keyed = Extract<JournalEvent, { key: string }>;

function stateProblem(
  attachments: Attachments,
  { event, key }: Keyed,
  states: AttachmentState[],
): string | null {
  const state = attachments.get(key)?.state;
  if (!state) return `${event} of attachment ${key}, which does not exist`;
  return states.includes(state) ? null : `${event} of attachment ${key} in state ${state}`;
}

function keyOf(event: Extract<JournalEvent, { event: "begin" | "snapshot" }>): string {
  const { containerId, ifname } = event.event === "begin" ? event.record : event.stored.record;
  return attachmentKey(containerId, ifname);
}

function headerProblem(event: JournalEvent): string | null {
  if (event.event !== "journal") return "the header is missing";
  if (event.version === JOURNAL_VERSION) return null;
  return `it is of version ${event.version}, this agent reads version ${JOURNAL_VERSION}`;
}

function corrupt(file: string, line: number, why: string): JournalError {
  return new JournalError(
    "corrupt",
    `${file}: line ${line} cannot be used: ${why}. Nothing was changed. Restore the file from a ` +
      `backup, or delete line ${line} and later ones of its attachment to go on without it: ` +
      "links of attachments that are not in the journal are removed at start",
  );
}
