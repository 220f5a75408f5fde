import type { ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from "etcd3";
import { pause } from "./etcd-bounded.ts";
import { type Change, firstBatch } from "./etcd-changes.ts";
import type { OwnKeys, StoreEvent } from "./etcd-entries.ts";
import { CALL_LIMIT_MS, type Session } from "./etcd-session.ts";
import type { EtcdStream } from "./etcd-stream.ts";
import { WrittenKeys } from "./etcd-written.ts";

type Beats = EtcdStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;

/**
 * Keeps the keys of our own node in the store as they are wanted, all under one lease. The lease
 * outlives sessions: only when the store does not know it any more is everything written again.
 */
export class Announcer implements OwnKeys {
  readonly #leaseSeconds: number;
  readonly #rival: (key: string) => void;
  readonly #written = new WrittenKeys();
  #wanted: ReadonlyMap<string, string> = new Map();
  #lease: string | null = null;
  #wake = () => {};

  /** @param rival is called when somebody else writes a key of ours */
  constructor(leaseSeconds: number, rival: (key: string) => void) {
    this.#leaseSeconds = leaseSeconds;
    this.#rival = rival;
  }

  /** @param wanted key to value, in the order in which they are written */
  want(wanted: ReadonlyMap<string, string>): void {
    this.#wanted = wanted;
    this.#wake();
  }

  startReading(): void {
    this.#written.startReading();
  }

  /** Those that we did not write are from before a restart: they go once the others are written. */
  present(keys: ReadonlyMap<string, number>, revision: number): void {
    this.#written.present(keys, revision);
    this.#wake();
  }

  /** What somebody else deletes is written again; not so what he writes: two would do so for ever. */
  seen({ key, value, revision, lease }: StoreEvent): void {
    const foreign = value !== null && lease !== this.#lease;
    if (!foreign) this.#written.seen(key, { value, revision });
    else if (this.#lease !== null) this.#rival(key);
    this.#wake();
  }

  /**
   * Keeps lease and keys until something fails.
   * @param steady is called whenever the store has everything
   */
  async run(session: Session, steady: () => void): Promise<never> {
    let answered = (_: ILeaseKeepAliveResponse) => {};
    const beats: Beats = await session.stream(
      "keeping the lease",
      (client) => client.leaseClient.leaseKeepAlive(),
      (answer: ILeaseKeepAliveResponse) => answered(answer),
    );
    const beat = (lease: string) => {
      const answer = new Promise<ILeaseKeepAliveResponse>((resolve) => {
        answered = resolve;
      });
      beats.write({ ID: lease });
      return Promise.race([answer, beats.ended]);
    };
    if (this.#lease !== null) await this.#renew(session, beat);
    this.#lease ??= await this.#grant(session);
    const [never] = await Promise.all([this.#keep(session, beat), this.#write(session, steady)]);
    return never;
  }

  async #grant(session: Session): Promise<string> {
    const request = { TTL: this.#leaseSeconds };
    const { ID } = await session.call("getting a lease", (client) =>
      client.leaseClient.leaseGrant(request),
    );
    return ID;
  }

  /** A third of the lease, as etcd's own client does: two answers may be lost. */
  get #beatMs(): number {
    return (this.#leaseSeconds * 1000) / 3;
  }

  async #keep(session: Session, beat: Beat): Promise<never> {
    for (;;) {
      await session.within("keeping the lease", pause(this.#beatMs, session.signal), Infinity);
      await this.#renew(session, beat);
      if (this.#lease === null) throw new Error("the lease has expired");
    }
  }

  async #renew(session: Session, beat: Beat): Promise<void> {
    const limitMs = Math.min(this.#beatMs, CALL_LIMIT_MS);
    const { TTL } = await session.within("keeping the lease", beat(this.#lease ?? ""), limitMs);
    if (TTL === "0") this.#loseLease();
  }

  #loseLease(): void {
    this.#lease = null;
    this.#written.forgetAll();
  }

  async #write(session: Session, steady: () => void): Promise<never> {
    for (;;) {
      const batch = firstBatch(this.#written.changes(this.#wanted));
      if (batch.length > 0) {
        await this.#commit(session, batch);
      } else {
        steady();
        await session.within("waiting", this.#woken(), Infinity);
      }
    }
  }

  async #commit(session: Session, batch: readonly Change[]): Promise<void> {
    this.#written.sent(batch);
    const success = batch.map((change) => operation(change, this.#lease ?? ""));
    try {
      const { header } = await session.call("publishing", (client) => client.kv.txn({ success }));
      this.#written.answered(batch, Number(header.revision));
    } catch (error) {
      if ((error as Error).message.includes("lease not found")) this.#loseLease();
      throw error;
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

type Beat = (lease: string) => Promise<ILeaseKeepAliveResponse>;

function operation({ key, value }: Change, lease: string) {
  const name = Buffer.from(key);
  return value === null
    ? { request_delete_range: { key: name } }
    : { request_put: { key: name, value: Buffer.from(value), lease } };
}
