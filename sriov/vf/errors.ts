export interface VfProblem {
  /** The knobs with their values: "vlan = 100". */
  subject: string;
  /** What is wrong with them, or what the driver said. */
  reason: string;
  /** What would be taken instead, or the remedy. */
  accepted?: string;
}

/** Why a VF cannot be had as asked, or be given back. */
export class VfError extends Error {
  readonly subject: string;
  /** errno name of the cause, e.g. EOPNOTSUPP; "" when it has none. */
  readonly code: string;

  constructor({ subject, reason, accepted }: VfProblem, options?: ErrorOptions) {
    super(
      `${subject}: ${reason}${accepted === undefined ? "" : `; accepted: ${accepted}`}`,
      options,
    );
    this.name = "VfError";
    this.subject = subject;
    this.code = errnoOf(options?.cause);
  }
}

/** errno name of an error; "" when it has none. Other errors have codes of their own kind. */
export function errnoOf(error: unknown): string {
  const { code = "" } = (error ?? {}) as NodeJS.ErrnoException;
  return /^E[A-Z0-9]+$/.test(code) ? code : "";
}

/** What an error says, with its errno name when the words leave it out. */
export function said(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const errno = errnoOf(error);
  return errno === "" || text.includes(errno) ? text : `${text} (${errno})`;
}

/** @param who refused it: a driver with its device */
export function refused(subject: string, who: string, cause: unknown, accepted?: string): VfError {
  const reason = `${who} refuses it: ${said(cause)}`;
  return new VfError({ subject, reason, ...(accepted !== undefined && { accepted }) }, { cause });
}
