import type { Logger } from "../telemetry/log.ts";
import { LogLimit } from "../telemetry/log-limit.ts";
import { Announcer } from "./etcd-announce.ts";
import { encodeNode } from "./etcd-codec.ts";
import { Entries } from "./etcd-entries.ts";
import { follow } from "./etcd-follow.ts";
import { Half } from "./etcd-half.ts";
import { checkEtcdOptions, type EtcdFabricOptions } from "./etcd-options.ts";
import { keepTrying } from "./etcd-retry.ts";
import { openSession, type Session } from "./etcd-session.ts";
import type { FabricDriver, FabricListener, FabricNode, FabricStatus } from "./fabric.ts";

export { DEFAULT_ETCD_PREFIX, type EtcdFabricOptions } from "./etcd-options.ts";

/** Pause between two attempts at most; also a third of the lease, so that it does not run out. */
const MAX_PAUSE_MS = 5000;
const RIVAL_WARNINGS_PER_MINUTE = 1;

/**
 * A driver that keeps the nodes in etcd 3.4 or later (v3 API, over gRPC).
 * @throws ConfigError for options that cannot work
 */
export function etcdDriver(options: EtcdFabricOptions, log: Logger): FabricDriver {
  checkEtcdOptions(options);
  return new EtcdDriver(options, log);
}

class EtcdDriver implements FabricDriver {
  readonly #options: EtcdFabricOptions;
  readonly #log: Logger;
  readonly #rivalLimit = new LogLimit(RIVAL_WARNINGS_PER_MINUTE);
  readonly #abort = new AbortController();
  readonly #announcer: Announcer;
  readonly #reading: Half;
  readonly #publishing: Half;
  #entries: Entries | null = null;
  #synchronisedAt = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: EtcdFabricOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
    const leaseMs = options.leaseSeconds * 1000;
    this.#reading = new Half("reading", leaseMs, log);
    this.#publishing = new Half("publishing", leaseMs, log);
    this.#announcer = new Announcer(options.leaseSeconds, (key) => this.#warnOfRival(key));
  }

  async start(own: FabricNode, listener: FabricListener): Promise<void> {
    if (this.#entries !== null) throw new Error("the etcd driver was started already");
    this.publish(own);
    const { prefix, leaseSeconds } = this.#options;
    const entries = new Entries({
      ...{ prefix, leaseSeconds, log: this.#log },
      own: { name: own.name, keys: this.#announcer },
      disturbed: () => this.#isDisturbed(),
      graceLeftMs: () => this.#reading.graceLeftMs,
      listener: this.#noting(listener),
    });
    this.#entries = entries;
    this.#running = Promise.all([
      this.#keep(this.#reading, (session, steady) => follow(session, prefix, entries, steady)),
      this.#keep(this.#publishing, (session, steady) => this.#announcer.run(session, steady)),
    ]);
  }

  publish(own: FabricNode): void {
    this.#announcer.want(encodeNode(this.#options.prefix, own));
  }

  status(): FabricStatus {
    const halves = [this.#reading, this.#publishing];
    return {
      driver: "etcd",
      connected: halves.every((half) => half.connected),
      nodes: this.#entries?.teller.size ?? 0,
      synchronisedAt: this.#synchronisedAt,
      rejected: this.#entries?.rejected.list() ?? [],
      lastError: halves.map((half) => half.error).find((error) => error !== "") ?? "",
    };
  }

  async close(): Promise<void> {
    this.#abort.abort(new Error("the driver was closed"));
    this.#entries?.stop();
    for (const half of [this.#reading, this.#publishing]) half.connected = false;
    await this.#running;
  }

  #noting(listener: FabricListener): FabricListener {
    return {
      changed: (node) => listener.changed(node),
      gone: (name) => listener.gone(name),
      synchronised: (unreadable) => {
        this.#synchronisedAt = Date.now();
        listener.synchronised(unreadable);
      },
    };
  }

  #keep(half: Half, work: (session: Session, steady: () => void) => Promise<never>): Promise<void> {
    const { endpoints, leaseSeconds } = this.#options;
    return keepTrying({
      endpoints,
      maxPauseMs: Math.min(MAX_PAUSE_MS, (leaseSeconds * 1000) / 3),
      signal: this.#abort.signal,
      attempt: async (endpoint, steady) => {
        const session = await openSession(endpoint, this.#options, this.#abort.signal);
        try {
          return await work(session, () => {
            steady();
            half.works(endpoint);
          });
        } finally {
          session.close();
        }
      },
      failed: (endpoint, error) => half.failed(endpoint, error),
    });
  }

  /** For as long as a lease after trouble, entries of nodes that are well may be missing. */
  #isDisturbed(): boolean {
    const halves = [this.#reading, this.#publishing];
    return halves.some(({ connected, graceLeftMs }) => !connected || graceLeftMs > 0);
  }

  #warnOfRival(key: string): void {
    const suppressed = this.#rivalLimit.admit();
    if (suppressed === null) return;
    this.#log.warn(
      { key, suppressed },
      "somebody else writes our entries: is the node name unique?",
    );
  }
}
