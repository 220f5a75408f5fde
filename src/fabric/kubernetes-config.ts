import { KubeConfig, type RequestContext } from "@kubernetes/client-node";

type Dispatcher = NonNullable<ReturnType<RequestContext["getDispatcher"]>>;

/**
 * The configuration with one pool of connections. The library makes a pool for each request and
 * forgets it, so that neither connections are used again nor can a request be ended while it
 * connects.
 */
export class PooledConfig extends KubeConfig {
  #pool: Dispatcher | undefined;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    this.#pool ??= context.getDispatcher();
    if (this.#pool !== undefined) context.setDispatcher(this.#pool);
  }

  /** @param now else when the requests under way have ended, without waiting for it */
  async closePool(now: boolean): Promise<void> {
    if (now) await this.#pool?.destroy();
    else this.#pool?.close().catch(() => {});
  }
}
