import type { Etcd3, IKeyValue, IWatchResponse } from "etcd3";
import type { Entries, StoreEvent } from "./etcd-entries.ts";
import { rangeOf } from "./etcd-keys.ts";
import { CALL_LIMIT_MS, LONG_CALL_LIMIT_MS, type Session } from "./etcd-session.ts";

/** Entries per request; with some hundred bytes each, far below what etcd sends at once. */
const PAGE = 2000;

/**
 * Reads everything below the prefix and then follows the changes, until something fails.
 * @param steady is called when all was read and changes are followed
 */
export async function follow(
  session: Session,
  prefix: string,
  entries: Entries,
  steady: () => void,
): Promise<never> {
  const reading = entries.startReading();
  const revision = await readAll(session, prefix, (kv) => {
    const [created, modified] = [Number(kv.create_revision), Number(kv.mod_revision)];
    reading.add({ key: kv.key.toString(), value: kv.value.toString(), created, modified });
  });
  reading.finish(revision);
  return await watch(session, { prefix, from: revision + 1 }, entries, steady);
}

/** All pages at the revision of the first one, so that the whole is what the store once was. */
async function readAll(
  session: Session,
  prefix: string,
  add: (kv: IKeyValue) => void,
): Promise<number> {
  const range = rangeOf(prefix);
  let key = range.key;
  let revision = 0;
  for (;;) {
    const request = { ...range, key, limit: PAGE, revision };
    const read = (client: Etcd3) => client.kv.range(request);
    const answer = await session.call("reading", read, LONG_CALL_LIMIT_MS);
    revision ||= Number(answer.header.revision);
    for (const kv of answer.kvs) add(kv);
    const last = answer.kvs.at(-1);
    if (!answer.more || last === undefined) return revision;
    key = Buffer.concat([last.key, Buffer.of(0)]);
  }
}

async function watch(
  session: Session,
  { prefix, from }: { prefix: string; from: number },
  entries: Entries,
  steady: () => void,
): Promise<never> {
  const { promise: created, resolve } = Promise.withResolvers<void>();
  const stream = await session.stream(
    "watching",
    (client) => client.watchClient.watch(),
    (response: IWatchResponse) => {
      if (response.canceled) throw new Error(whyCancelled(response));
      if (response.created) resolve();
      entries.apply(response.events.map(storeEvent));
    },
  );
  stream.write({ create_request: { ...rangeOf(prefix), start_revision: from } });
  await session.within("watching", Promise.race([created, stream.ended]), CALL_LIMIT_MS);
  steady();
  return await stream.ended;
}

function storeEvent({ type, kv }: IWatchResponse["events"][number]): StoreEvent {
  // The library's type lists the names in another spelling than the wire has them.
  const deleted = type.toUpperCase() === "DELETE";
  return {
    key: kv.key.toString(),
    value: deleted ? null : kv.value.toString(),
    revision: Number(kv.mod_revision),
    lease: kv.lease,
  };
}

function whyCancelled({ compact_revision, cancel_reason }: IWatchResponse): string {
  if (compact_revision === "0") return cancel_reason || "cancelled by the store";
  return `the store has compacted its history up to revision ${compact_revision}`;
}
