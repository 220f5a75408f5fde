import type { CallOptionsFactory } from "etcd3";

/** Who we are to the store, shared by all requests of a session. */
export interface Credentials {
  /** "" for none. */
  token: string;
  /** The store did not know the token any more. */
  expired: boolean;
}

type CallOptions = Exclude<CallOptionsFactory, (...context: never[]) => unknown>;
export type Interceptor = NonNullable<CallOptions["interceptors"]>[number];

const EXPIRED = "invalid auth token";
const UNAUTHENTICATED = 16;

/**
 * Adds to each request what etcd's own client adds: the token, and that a member without a leader
 * shall refuse (a watch through it would be silent for as long as it is cut off).
 */
export function interceptor(credentials: Credentials): Interceptor {
  return (options, nextCall) => {
    const call = nextCall(options);
    const start = call.start.bind(call);
    call.start = (metadata, listener) => {
      metadata.set("hasleader", "true");
      if (credentials.token !== "") metadata.set("token", credentials.token);
      start(metadata, { ...listener, onReceiveStatus: noting(credentials, listener) });
    };
    return call as ReturnType<Interceptor>;
  };
}

type Listener = Parameters<ReturnType<Interceptor>["start"]>[1];
type OnStatus = NonNullable<NonNullable<Listener>["onReceiveStatus"]>;

/**
 * The library answers a token that has expired by repeating the request, at once and for ever, as
 * it knows of no user. In other words it passes the error on.
 */
function noting(credentials: Credentials, listener: Listener): OnStatus {
  return (status) => {
    const expired = status.details.includes(EXPIRED);
    if (expired) credentials.expired = true;
    const passed = { ...status, code: UNAUTHENTICATED, details: "the token has expired" };
    listener?.onReceiveStatus?.(expired ? passed : status);
  };
}
