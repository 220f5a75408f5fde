/** Entries of one table by key. */
export type Entries = ReadonlyMap<string, string>;

export interface DiffVisitor {
  /** One that is new, or has another value. */
  set(key: string, value: string): void;
  gone(key: string): void;
}

const NONE: Entries = new Map();

/**
 * Says what has to happen to `before` so that it becomes `after`. What goes
 * comes first.
 */
export function diff(before: Entries = NONE, after: Entries = NONE, visitor: DiffVisitor): void {
  for (const key of before.keys()) if (!after.has(key)) visitor.gone(key);
  for (const [key, value] of after) if (before.get(key) !== value) visitor.set(key, value);
}
