export type FindingStatus = "ok" | "warning" | "problem";

/** One line of `millrace doctor`. */
export interface Finding {
  /** What was looked at, e.g. "kernel" or "eth0". */
  check: string;
  status: FindingStatus;
  /** What was found, in words. */
  text: string;
  /** What to do about it; every warning and problem has one. */
  remedy?: string;
}

export const ok = (check: string, text: string): Finding => ({ check, status: "ok", text });

export const warning = (check: string, text: string, remedy: string): Finding => ({
  check,
  status: "warning",
  text,
  remedy,
});

export const problem = (check: string, text: string, remedy: string): Finding => ({
  check,
  status: "problem",
  text,
  remedy,
});
