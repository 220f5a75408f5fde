import {
  AdmissionregistrationV1Api,
  CustomObjectsApi,
  type RequestContext,
  type setHeaderOptions,
} from "@kubernetes/client-node";
import { PooledConfig } from "../../fabric/kubernetes-config.ts";

/** One connection, made from the files as they are now: tokens and certificates are renewed. */
export class Connection {
  readonly config = new PooledConfig();
  readonly objects: CustomObjectsApi;
  readonly configurations: AdmissionregistrationV1Api;

  constructor(kubeconfig: string | undefined) {
    if (kubeconfig === undefined) this.config.loadFromCluster();
    else this.config.loadFromFile(kubeconfig);
    this.objects = this.config.makeApiClient(CustomObjectsApi);
    this.configurations = this.config.makeApiClient(AdmissionregistrationV1Api);
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
