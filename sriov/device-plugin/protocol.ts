import { fileURLToPath } from "node:url";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync, type Options } from "@grpc/proto-loader";

/** The one version of the protocol that kubelets since 1.10 speak. */
export const API_VERSION = "v1beta1";

// Names stay as they are on paper, and NUMA nodes are small numbers.
const OPTIONS: Options = { keepCase: true, longs: Number, defaults: true };

/** What we serve to the kubelet. */
export const devicePlugin = load("device-plugin.proto", "v1beta1.DevicePlugin");
/** What the kubelet serves at kubelet.sock. */
export const kubeletRegistration = load("device-plugin.proto", "v1beta1.Registration");
/** What we serve to the kubelet's plugin watcher. */
export const pluginRegistration = load(
  "plugin-registration.proto",
  "pluginregistration.Registration",
);

function load(file: string, service: string): ServiceDefinition {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return loadSync(path, OPTIONS)[service] as ServiceDefinition;
}
