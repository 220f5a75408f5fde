import { ApiException } from "@kubernetes/client-node";
import type { PooledConfig } from "../fabric/kubernetes-config.ts";
import { isUnauthorized } from "../fabric/kubernetes-error.ts";

/** A connection to the Kubernetes API, made anew when the one before is of no use any more. */
export class RenewedConnection<T extends { config: PooledConfig }> {
  readonly #connect: () => T;
  #connection: T;

  /**
   * @param connect makes one from the files as they are then: tokens and certificates are renewed
   * @throws what `connect` throws
   */
  constructor(connect: () => T) {
    this.#connect = connect;
    this.#connection = connect();
  }

  /**
   * Asks, and a second time by a new connection when the first is not believed any more or cannot
   * be reached: an API server that was restarted has closed those that are kept.
   * @throws ApiException, and Error when the API does not answer
   */
  async ask<R>(signal: AbortSignal, request: (connection: T) => Promise<R>): Promise<R> {
    const connection = this.#connection;
    try {
      return await request(connection);
    } catch (error) {
      if (signal.aborted) throw new Error("the Kubernetes API does not answer", { cause: error });
      if (error instanceof ApiException && !isUnauthorized(error)) throw error;
      this.#renew(connection);
      return await request(this.#connection);
    }
  }

  async close(): Promise<void> {
    await this.#connection.config.closePool(true);
  }

  #renew(failed: T): void {
    // Others may have seen the same failure before.
    if (this.#connection !== failed) return;
    this.#connection = this.#connect();
    failed.config.closePool(false);
  }
}
