/** One thing the demo has shown, or failed to. */
export interface Check {
  /** For programs: lower case with dashes. */
  name: string;
  ok: boolean;
  value: number | string;
  unit: string;
}

/** A check with what people read. */
export interface ShownCheck extends Check {
  label: string;
  /** Value, unit and circumstances in words; why not, when it is not ok. */
  text: string;
  /** More lines below it, not for the table. */
  detail?: string;
  /** Its place in the table at the end; checks of one row stand side by side. */
  row: string;
  /** What the table says. */
  cell: string;
}

/** What all steps have shown so far. */
export class Board {
  readonly checks: ShownCheck[] = [];

  add(check: ShownCheck): void {
    this.checks.push(check);
  }

  get ok(): boolean {
    return this.checks.length > 0 && this.checks.every((check) => check.ok);
  }

  get failed(): ShownCheck[] {
    return this.checks.filter((check) => !check.ok);
  }
}
