import { KubeConfig, type RequestContext, type setHeaderOptions } from "@kubernetes/client-node";

type Dispatcher = NonNullable<ReturnType<RequestContext["getDispatcher"]>>;

/**
 * The configuration with one pool of connections. The library makes a pool for each request and
 * forgets it, so that neither connections are used again nor can a request be ended while it
 * connects.
 */
export class PooledConfig extends KubeConfig {
  #pool: Dispatcher | undefined;

  /**
   * Reads the files as they are now: tokens and certificates are renewed.
   * @param kubeconfig path; undefined in a pod, for its service account
   * @throws Error when it cannot be read or names no cluster
   */
  load(kubeconfig: string | undefined): void {
    if (kubeconfig === undefined) this.loadFromCluster();
    else this.loadFromFile(kubeconfig);
  }

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

type Options = ReturnType<typeof setHeaderOptions>;

/** Options of a request that ends with a signal. */
export function bounded(options: Options, signal: AbortSignal): Options {
  const middleware = (options.middleware ?? []).map((one) => ({
    post: one.post,
    pre(context: RequestContext) {
      context.setSignal(signal);
      return one.pre(context);
    },
  }));
  return { ...options, middleware };
}
