import { AdmissionregistrationV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { PooledConfig } from "../../fabric/kubernetes-config.ts";

/** One connection, made from the files as they are now: tokens and certificates are renewed. */
export class Connection {
  readonly config = new PooledConfig();
  readonly objects: CustomObjectsApi;
  readonly configurations: AdmissionregistrationV1Api;

  constructor(kubeconfig: string | undefined) {
    this.config.load(kubeconfig);
    this.objects = this.config.makeApiClient(CustomObjectsApi);
    this.configurations = this.config.makeApiClient(AdmissionregistrationV1Api);
  }
}
