/**
 * corrupt: a line in the middle is bad; locked: another agent uses the directory;
 * io: the file could not be written, and why.
 */
export class JournalError extends Error {
  readonly code: "corrupt" | "locked" | "io";

  constructor(code: JournalError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "JournalError";
    this.code = code;
  }
}
