import { crc32 } from "node:zlib";
import type { Addressing, AttachmentRecord, StoredAttachment } from "./records.ts";

/** Raised when the meaning of a line changes; an agent refuses a journal of another version. */
export const JOURNAL_VERSION = 1;

/** One line of the journal. */
export type JournalEvent =
  /** The first line. */
  | { event: "journal"; version: number }
  /** ADD is about to change the kernel. */
  | { event: "begin"; record: AttachmentRecord }
  /** The IPAM plugin has given what the record lacked. */
  | { event: "addressed"; key: string; addressing: Addressing }
  /** One numbered step of ADD is done. */
  | { event: "step"; key: string; step: string }
  | { event: "commit"; key: string }
  /** DEL, or the undoing of an ADD, is about to change the kernel. */
  | { event: "removing"; key: string }
  | { event: "removed"; key: string }
  /** Written by compaction in place of all earlier lines of an attachment. */
  | { event: "snapshot"; stored: StoredAttachment };

const CHECKSUM_DIGITS = 8;

/** "<CRC-32 in hex> <JSON>\n"; the checksum covers the JSON. */
export function encodeEvent(event: JournalEvent): string {
  const json = JSON.stringify(event);
  return `${checksum(json)} ${json}\n`;
}

/** Reads a line without its newline; null when the checksum does not match. */
export function decodeEvent(line: Buffer): JournalEvent | null {
  const json = line.subarray(CHECKSUM_DIGITS + 1);
  const head = line.subarray(0, CHECKSUM_DIGITS + 1).toString("latin1");
  return head === `${checksum(json)} ` ? (JSON.parse(json.toString()) as JournalEvent) : null;
}

/** Whether two lines have become one whose second half is good. JSON escapes quotes in strings. */
export function endsInGoodLine(line: Buffer): boolean {
  const start = line.lastIndexOf('{"event":') - CHECKSUM_DIGITS - 1;
  return start > 0 && decodeEvent(line.subarray(start)) !== null;
}

function checksum(data: string | Buffer): string {
  return crc32(data).toString(16).padStart(CHECKSUM_DIGITS, "0");
}
