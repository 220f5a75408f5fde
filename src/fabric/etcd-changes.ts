/** One key to be written; `value` null deletes it. */
export interface Change {
  key: string;
  value: string | null;
}

/** etcd takes 128 operations in a transaction by default (--max-txn-ops) … */
const MAX_OPERATIONS = 100;
/** … and 1.5 MiB in a request (--max-request-bytes). */
const MAX_BYTES = 512 * 1024;

/**
 * What has to be written so that the store has what is wanted: first what is new or other, in the
 * order of `wanted`, then what is to go.
 * @param written what the store has for sure
 * @param others keys of ours that it may have, too
 */
export function changes(
  wanted: ReadonlyMap<string, string>,
  written: ReadonlyMap<string, { value: string }>,
  others: ReadonlySet<string>,
): Change[] {
  const puts = [...wanted]
    .filter(([key, value]) => written.get(key)?.value !== value)
    .map(([key, value]) => ({ key, value }));
  const deletes = [...new Set([...written.keys(), ...others])]
    .filter((key) => !wanted.has(key))
    .map((key) => ({ key, value: null }));
  return [...puts, ...deletes];
}

/** The first of `changes` that fit into one transaction; at least one, unless there is none. */
export function firstBatch(all: readonly Change[]): Change[] {
  let bytes = 0;
  const end = all.slice(0, MAX_OPERATIONS).findIndex(({ key, value }, index) => {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value ?? "");
    return index > 0 && bytes > MAX_BYTES;
  });
  return all.slice(0, end < 0 ? MAX_OPERATIONS : end);
}
