import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { encodeEvent, type JournalEvent } from "./event.ts";
import { JournalFile } from "./journal-file.ts";
import { lockStateDir, type StateLock } from "./lock.ts";
import {
  type Addressing,
  type AttachmentRecord,
  attachmentKey,
  type StoredAttachment,
} from "./records.ts";
import { type Attachments, addressed, applyEvent, eventProblem, replay } from "./replay.ts";

// A snapshot of 100 attachments has about 100 KiB; 1 MiB is some 250 ADDs and DELs.
const COMPACT_BYTES = 1 << 20;

export interface JournalOptions {
  /** Called for what was repaired on the way. */
  warn(message: string): void;
  /** Size in bytes at which old lines are replaced by a snapshot. */
  compactBytes?: number;
}

/**
 * What is attached, and what was being attached or removed when the agent died. Every method
 * changes the state in memory and the file before it returns its promise; the promise of a durable
 * one resolves once the disk has it. Steps need no promise: the kernel keeps what was written
 * even when the agent is killed, and after a power failure the links are gone as well.
 */
export class Journal {
  readonly #file: JournalFile;
  readonly #attachments: Attachments;
  readonly #lock: StateLock;
  readonly #compactBytes: number;
  #running: Promise<void> = Promise.resolve();
  #queued: Promise<void> | null = null;

  private constructor(
    file: JournalFile,
    attachments: Attachments,
    lock: StateLock,
    compactBytes: number,
  ) {
    this.#file = file;
    this.#attachments = attachments;
    this.#lock = lock;
    this.#compactBytes = compactBytes;
  }

  /**
   * Opens the journal of a state directory, made when missing, and locks it for this process.
   * @throws JournalError locked | corrupt | io
   */
  static async open(dir: string, options: JournalOptions): Promise<Journal> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const lock = await lockStateDir(dir);
    try {
      const file = JournalFile.open(join(dir, "journal.jsonl"));
      const { attachments, goodBytes, tornBytes } = replay(file.read(), file.path);
      if (tornBytes > 0) {
        options.warn(`${file.path}: the last line was not written to its end; dropped`);
      }
      file.startAppending(goodBytes);
      return new Journal(file, attachments, lock, options.compactBytes ?? COMPACT_BYTES);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  get path(): string {
    return this.#file.path;
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  /** Why nothing can be written any more; null while all is well. */
  get problem(): string | null {
    return this.#file.failure?.message ?? null;
  }

  /** By key, in the order of their begin. Not to be changed by the caller. */
  get attachments(): ReadonlyMap<string, Readonly<StoredAttachment>> {
    return this.#attachments;
  }

  /** Durable. ADD has chosen everything and is about to change the kernel. */
  begin(record: AttachmentRecord): Promise<void> {
    return this.#durable({ event: "begin", record });
  }

  /** A step of ADD is done. */
  step(record: AttachmentRecord, step: string): void {
    this.#append({ event: "step", key: keyOf(record), step });
  }

  /**
   * The IPAM plugin of an attachment has given addresses.
   * @returns the record with them
   */
  addressed<T extends AttachmentRecord>(record: T, addressing: Addressing): T {
    this.#append({ event: "addressed", key: keyOf(record), addressing });
    return addressed(record, { addressing });
  }

  /** Durable. The attachment is complete. */
  commit(record: AttachmentRecord): Promise<void> {
    return this.#durable({ event: "commit", key: keyOf(record) });
  }

  /** Durable. Everything of the attachment is about to go. */
  removing(record: AttachmentRecord): Promise<void> {
    return this.#durable({ event: "removing", key: keyOf(record) });
  }

  /** Durable. Nothing of the attachment is left; its addresses are free. */
  removed(record: AttachmentRecord): Promise<void> {
    return this.#durable({ event: "removed", key: keyOf(record) });
  }

  /** Waits for what was written, then gives the directory free. */
  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      this.#file.close();
      this.#lock.release();
    }
  }

  async #durable(event: JournalEvent): Promise<void> {
    this.#append(event);
    await this.#flush();
  }

  #append(event: JournalEvent): void {
    // A copy keeps the state what the file says, whatever the caller does to its record.
    const copy = structuredClone(event);
    const problem = eventProblem(this.#attachments, copy);
    if (problem) throw new Error(`${this.#file.path}: ${problem}`);
    this.#file.append(encodeEvent(copy));
    applyEvent(this.#attachments, copy);
  }

  // Group commit: everyone who comes while one fdatasync runs shares the next.
  #flush(): Promise<void> {
    this.#queued ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#queued = null;
        this.#running = this.#flushOnce();
        return this.#running;
      });
    return this.#queued;
  }

  async #flushOnce(): Promise<void> {
    // Twice the snapshot at least, or a node full of pods would compact on every write.
    const limit = Math.max(this.#compactBytes, 2 * this.#file.snapshotBytes);
    if (this.#file.bytes < limit) return this.#file.sync();
    this.#file.replace([...this.#attachments.values()]);
  }
}

const keyOf = ({ containerId, ifname }: AttachmentRecord): string =>
  attachmentKey(containerId, ifname);
