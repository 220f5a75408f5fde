import type { IDuplexStream } from "etcd3";

/** A stream in both directions. Whatever ends it is an error: nobody else may end it. */
export class EtcdStream<Q, R> {
  /** Rejects when the stream has ended. */
  readonly ended: Promise<never>;
  readonly #raw: IDuplexStream<Q, R>;

  /** @param onData may throw: that ends the stream */
  constructor(
    what: string,
    raw: IDuplexStream<Q, R>,
    onData: (data: R) => void,
    signal: AbortSignal,
  ) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.#raw = raw;
    this.ended = promise;
    const end = (error: Error) => {
      signal.removeEventListener("abort", stop);
      reject(signal.aborted ? signal.reason : new Error(`${what}: ${error.message}`));
      raw.cancel();
    };
    const stop = () => end(signal.reason);
    // Nobody may be waiting any more when it ends.
    promise.catch(() => {});
    signal.addEventListener("abort", stop);
    raw.on("error", end);
    raw.on("end", () => end(new Error("the store has ended the stream")));
    raw.on("data", (data: R) => {
      try {
        onData(data);
      } catch (error) {
        end(error as Error);
      }
    });
    if (signal.aborted) stop();
  }

  write(request: Q): void {
    this.#raw.write(request);
  }
}
