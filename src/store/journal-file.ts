import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { encodeEvent, JOURNAL_VERSION } from "./event.ts";
import { JournalError } from "./journal-error.ts";
import type { StoredAttachment } from "./records.ts";

const HEADER = encodeEvent({ event: "journal", version: JOURNAL_VERSION });
const MODE = 0o600;

/** The file under a journal: lines in, nothing lost, nothing half. */
export class JournalFile {
  readonly path: string;
  #fd: number;
  #bytes = 0;
  #snapshotBytes = 0;
  #failure: JournalError | null = null;

  private constructor(path: string) {
    this.path = path;
    rmSync(`${path}.new`, { force: true });
    this.#fd = openSync(path, "a+", MODE);
  }

  /** Opens the file, made when missing. Call read(), then startAppending(). */
  static open(path: string): JournalFile {
    return new JournalFile(path);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Size right after the last replace(); 0 when there was none. */
  get snapshotBytes(): number {
    return this.#snapshotBytes;
  }

  /** Set once the file cannot be trusted any more; every later call throws it. */
  get failure(): JournalError | null {
    return this.#failure;
  }

  read(): Buffer {
    return readFileSync(this.path);
  }

  /** Cuts off what follows `goodBytes` and writes the header when nothing is left. */
  startAppending(goodBytes: number): void {
    ftruncateSync(this.#fd, goodBytes);
    this.#bytes = goodBytes;
    if (goodBytes === 0) this.append(HEADER);
    fsyncSync(this.#fd);
    syncDirectory(this.path);
  }

  /**
   * Writes one line to the page cache.
   * @throws JournalError io; the file then holds nothing of the line
   */
  append(line: string): void {
    if (this.#failure) throw this.#failure;
    const data = Buffer.from(line);
    try {
      for (let done = 0; done < data.length; ) done += writeSync(this.#fd, data, done);
    } catch (error) {
      this.#undoWrite();
      throw ioError(this.path, "cannot be written", error);
    }
    this.#bytes += data.length;
  }

  /** Resolves once the disk has every line appended so far. */
  async sync(): Promise<void> {
    if (this.#failure) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    fdatasync(this.#fd, (error) => (error ? reject(error) : resolve()));
    // After a failed fdatasync the kernel may have dropped the pages: another one that succeeds
    // would prove nothing, so there is no second try.
    await promise.catch((error: unknown) => {
      throw this.#fail(error);
    });
  }

  /** Replaces all lines by a snapshot. A crash leaves either the old file or the new one. */
  replace(attachments: readonly StoredAttachment[]): void {
    const next = `${this.path}.new`;
    const lines = attachments.map((stored) => encodeEvent({ event: "snapshot", stored }));
    const data = Buffer.from(HEADER + lines.join(""));
    const fd = openSync(next, "ax", MODE);
    try {
      for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
      fsyncSync(fd);
      renameSync(next, this.path);
    } catch (error) {
      closeSync(fd);
      rmSync(next, { force: true });
      throw ioError(next, "cannot be written", error);
    }
    closeSync(this.#fd);
    this.#fd = fd;
    this.#bytes = this.#snapshotBytes = data.length;
    syncDirectory(this.path);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #undoWrite(): void {
    try {
      ftruncateSync(this.#fd, this.#bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): JournalError {
    this.#failure = ioError(this.path, "is not reliable any more", error);
    return this.#failure;
  }
}

/** A file is only found again after a power failure when its directory is on the disk as well. */
function syncDirectory(path: string): void {
  const fd = openSync(dirname(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function ioError(path: string, what: string, cause: unknown): JournalError {
  const reason = (cause as Error).message;
  const remedy = "free or repair the disk, then restart the agent";
  return new JournalError("io", `${path} ${what}: ${reason}; ${remedy}`, cause);
}
