import { readFileSync } from "node:fs";
import type { Etcd3, IDuplexStream, IOptions } from "etcd3";
import { bounded } from "./etcd-bounded.ts";
import { type Credentials, interceptor } from "./etcd-interceptor.ts";
import type { EtcdFabricOptions } from "./etcd-options.ts";
import { EtcdStream } from "./etcd-stream.ts";

/** Longest answer that is waited for. What was sent to a leader that died is never answered. */
export const CALL_LIMIT_MS = 3000;
/** For what takes the store its time: a page of entries, or many agents that authenticate at once. */
export const LONG_CALL_LIMIT_MS = 10_000;

const CHANNEL = {
  // A page of entries with many prefixes is larger than the default of 4 MB.
  "grpc.max_receive_message_length": -1,
  // A member that is stopped or cut off answers no ping. It accepts one per 5 s, not more.
  "grpc.keepalive_time_ms": 6000,
  "grpc.keepalive_timeout_ms": 3000,
  // Ours to wait: without these a connection refuses to try again for up to two minutes.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
  // The fabric is underlay: a proxy in the environment is meant for other things.
  "grpc.enable_http_proxy": 0,
};

/**
 * Work with one member of the store, until something fails: then the session is closed and the
 * next one opened, perhaps with another member. The library's own choice of a member and its
 * retries are not used: they go by the wall clock.
 */
export class Session {
  /** Aborted when the session ends. */
  readonly signal: AbortSignal;
  readonly #client: Etcd3;
  readonly #credentials: Credentials;
  readonly #auth: { name: string; password: string } | null;
  readonly #abort = new AbortController();

  constructor(client: Etcd3, own: SessionParts) {
    this.#client = client;
    this.#credentials = own.credentials;
    this.#auth = own.auth;
    this.signal = AbortSignal.any([own.signal, this.#abort.signal]);
  }

  /**
   * One request and its answer. A token that has expired (etcd forgets one after five minutes
   * without requests) is replaced.
   * @param what is done, for the error
   */
  async call<T>(
    what: string,
    request: (client: Etcd3) => Promise<T>,
    limitMs: number = CALL_LIMIT_MS,
  ): Promise<T> {
    try {
      return await this.within(what, request(this.#client), limitMs);
    } catch (error) {
      if (!this.#credentials.expired) throw error;
      await this.authenticate();
      return await this.within(what, request(this.#client), limitMs);
    }
  }

  /** Opens a stream, which ends with the session. */
  async stream<Q, R>(
    what: string,
    open: (client: Etcd3) => Promise<IDuplexStream<Q, R>>,
    onData: (data: R) => void,
  ): Promise<EtcdStream<Q, R>> {
    const raw = await this.within(what, open(this.#client), CALL_LIMIT_MS);
    return new EtcdStream(what, raw, onData, this.signal);
  }

  /** As `promise`, but no longer than `limitMs` and than the session lives. */
  within<T>(what: string, promise: Promise<T>, limitMs: number): Promise<T> {
    return bounded(what, promise, limitMs, this.signal);
  }

  /** Gets a token, when a user is configured. */
  async authenticate(): Promise<void> {
    if (this.#auth === null) return;
    const asked = this.#client.auth.authenticate(this.#auth);
    const { token } = await this.within("authenticating", asked, LONG_CALL_LIMIT_MS);
    this.#credentials.token = token;
    this.#credentials.expired = false;
  }

  close(): void {
    this.#abort.abort(new Error("the session was closed"));
    this.#client.close();
  }
}

interface SessionParts {
  credentials: Credentials;
  auth: { name: string; password: string } | null;
  signal: AbortSignal;
}

/**
 * Connects with a member and authenticates. Certificates and password are read now.
 * @throws Error when a file cannot be read or the member does not answer
 */
export async function openSession(
  endpoint: string,
  options: EtcdFabricOptions,
  signal: AbortSignal,
): Promise<Session> {
  // Not at the top: an agent without etcd need not load 36 MB.
  const { Etcd3 } = await import("etcd3");
  const credentials: Credentials = { token: "", expired: false };
  const auth = options.auth ? readUser(options.auth) : null;
  const client = new Etcd3(clientOptions(endpoint, options, credentials));
  const session = new Session(client, { credentials, auth, signal });
  try {
    await session.authenticate();
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

function clientOptions(
  endpoint: string,
  { tls }: EtcdFabricOptions,
  credentials: Credentials,
): IOptions {
  return {
    hosts: [endpoint],
    grpcOptions: CHANNEL,
    defaultCallOptions: { interceptors: [interceptor(credentials)] },
    faultHandling: { global: once(), host: once },
    ...(tls && { credentials: readTls(tls) }),
  };
}

/** The policy that adds nothing: a request is made once. */
function once(): NonNullable<NonNullable<IOptions["faultHandling"]>["global"]> {
  const execute = async (request: (context: { signal: AbortSignal }) => unknown) =>
    await request({ signal: new AbortController().signal });
  const never = () => ({ dispose() {} });
  return { execute, onSuccess: never, onFailure: never } as never;
}

function readTls(tls: NonNullable<EtcdFabricOptions["tls"]>): NonNullable<IOptions["credentials"]> {
  const credentials = {
    // Without one the roots of the system count, which the library's type does not know of.
    ...(tls.ca !== undefined && { rootCertificate: readFileSync(tls.ca) }),
    ...(tls.cert !== undefined && { certChain: readFileSync(tls.cert) }),
    ...(tls.key !== undefined && { privateKey: readFileSync(tls.key) }),
  };
  return credentials as NonNullable<IOptions["credentials"]>;
}

function readUser({ username, passwordFile }: NonNullable<EtcdFabricOptions["auth"]>) {
  return { name: username, password: readFileSync(passwordFile, "utf8").replace(/\r?\n$/, "") };
}
