import type { FabricConfig } from "../config/schema.ts";
import type { Logger } from "../telemetry/log.ts";
import type { EvpnDriver, EvpnKernel } from "./evpn.ts";
import type { FabricDriver } from "./fabric.ts";
import { staticDriver } from "./static.ts";

/** A driver; some want to know what happens in the kernel. */
export type OpenFabric = FabricDriver & Partial<Pick<EvpnDriver, "kernelChanged">>;

/**
 * The driver that the configuration asks for. The libraries of the others are not loaded: they are
 * large, and an agent needs one of them at most.
 * @param nodeName what this node is called in the fabric
 * @param kernel bridges and VXLAN devices of this node
 * @throws ConfigError for what only the driver can check
 */
export async function openFabric(
  config: FabricConfig,
  nodeName: string,
  kernel: EvpnKernel,
  log: Logger,
): Promise<OpenFabric> {
  switch (config.driver) {
    case "static":
      return staticDriver(config.nodes);
    case "etcd": {
      const { etcdDriver } = await import("./etcd.ts");
      const { endpoints, prefix, leaseSeconds, tls, auth } = config;
      const options = { endpoints: [...endpoints], prefix, leaseSeconds };
      return etcdDriver(
        { ...options, ...(tls && { tls: given(tls) }), ...(auth && { auth: { ...auth } }) },
        log,
      );
    }
    case "evpn": {
      const { evpnDriver } = await import("./evpn.ts");
      return evpnDriver({ devices: config.devices }, kernel, log);
    }
    case "kubernetes": {
      const { kubernetesDriver } = await import("./kubernetes.ts");
      const { annotations, flannelBackendVni, kubeconfig } = config;
      const options = { nodeName, annotations, flannelBackendVni };
      return kubernetesDriver({ ...options, ...(kubeconfig !== undefined && { kubeconfig }) }, log);
    }
  }
}

type Given<T> = { -readonly [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without the keys that are left out. */
function given<T extends object>(values: T): Given<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<T>;
}
