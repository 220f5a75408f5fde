import { type Change, changes } from "./etcd-changes.ts";

/** What the store has of a key since a revision; null: nothing. */
interface State {
  value: string | null;
  revision: number;
}

/**
 * What the store is known to have of us. Answers get lost, and what was sent through a member that
 * hung may still be done when it goes on; so what is known is mended by what the store is seen
 * to do.
 */
export class WrittenKeys {
  readonly #written = new Map<string, { value: string; revision: number }>();
  /** Keys of ours that the store has or may have beyond those. */
  readonly #others = new Set<string>();
  /** What was seen while an answer is awaited. */
  readonly #meanwhile = new Map<string, State>();
  /** The store has come as far as this. */
  #revision = 0;
  /** … and as this when it was asked for all keys. */
  #asked = 0;

  /** What has to be written, see there. */
  changes(wanted: ReadonlyMap<string, string>): Change[] {
    return changes(wanted, this.#written, this.#others);
  }

  /** Until the answer is here nobody knows what the store has. */
  sent(batch: readonly Change[]): void {
    this.#meanwhile.clear();
    for (const { key } of batch) this.#forget(key);
  }

  answered(batch: readonly Change[], revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    for (const { key, value } of batch) {
      const later = this.#meanwhile.get(key);
      this.#know(key, later && later.revision > revision ? later : { value, revision });
    }
    this.#meanwhile.clear();
  }

  /** The store did this to a key, at our request or at somebody's. */
  seen(key: string, state: State): void {
    this.#revision = Math.max(this.#revision, state.revision);
    this.#meanwhile.set(key, state);
    const known = this.#written.get(key);
    if (known && known.revision >= state.revision) return;
    if (known && known.value !== state.value) this.#forget(key);
    if (!known && state.value !== null) this.#others.add(key);
  }

  /** The store is going to be asked for all keys. */
  startReading(): void {
    this.#asked = this.#revision;
  }

  /**
   * These keys of ours, each since its revision, and no others were in the store at `revision`.
   * That is never before what it had told when it was asked, unless it was restored from a backup.
   */
  present(keys: ReadonlyMap<string, number>, revision: number): void {
    if (revision < this.#asked) {
      this.forgetAll();
      this.#revision = revision;
    }
    for (const key of keys.keys()) if (!this.#written.has(key)) this.#others.add(key);
    for (const [key, known] of this.#written) {
      if (known.revision <= revision && (keys.get(key) ?? 0) < known.revision) this.#forget(key);
    }
  }

  /** The store has dropped everything. */
  forgetAll(): void {
    for (const key of [...this.#written.keys()]) this.#forget(key);
  }

  #know(key: string, { value, revision }: State): void {
    this.#others.delete(key);
    if (value === null) this.#written.delete(key);
    else this.#written.set(key, { value, revision });
  }

  /** It is written again when it is wanted, and deleted when not, whether it is there or not. */
  #forget(key: string): void {
    this.#written.delete(key);
    this.#others.add(key);
  }
}
