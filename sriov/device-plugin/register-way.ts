import { identityOf } from "./identity.ts";
import { register } from "./kubelet-client.ts";
import { API_VERSION } from "./protocol.ts";
import type { RegistrationWay } from "./registrar.ts";
import { type Resource, resourceName, socketName } from "./resource.ts";
import { PLUGIN_OPTIONS } from "./service.ts";

/** A kubelet opens its ListAndWatch at once when it has answered. */
const GRACE_MS = 1000;

/** We call Register at kubelet.sock, whose inode is another one with each start of the kubelet. */
export function registerWay(resource: Resource, kubeletSocket: string): RegistrationWay {
  const request = {
    version: API_VERSION,
    endpoint: socketName(resource),
    resource_name: resourceName(resource),
    options: PLUGIN_OPTIONS,
  };
  return {
    absent: `no kubelet at ${kubeletSocket}`,
    graceMs: GRACE_MS,
    kubelet: () => identityOf(kubeletSocket),
    bySocket: false,
    introduce: async (signal) => {
      await register(kubeletSocket, request, signal);
      return "";
    },
  };
}
