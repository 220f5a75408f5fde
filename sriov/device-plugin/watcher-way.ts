import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Empty, PluginInfo, RegistrationStatus } from "./messages.ts";
import { API_VERSION } from "./protocol.ts";
import type { RegistrationWay } from "./registrar.ts";
import { type Resource, resourceName } from "./resource.ts";
import { unary } from "./service.ts";

/** The kubelet looks through what it has found once a second, and one that starts is busy. */
const GRACE_MS = 10_000;

/** The kubelet's plugin watcher finds our socket itself, and again when it appears anew. */
export function watcherWay(path: string): RegistrationWay {
  return {
    absent: "",
    graceMs: GRACE_MS,
    // It is not seen from here whether it is another one; a kubelet that starts finds the socket.
    kubelet: async () => "any",
    bySocket: true,
    introduce: async () => `waiting for the kubelet's plugin watcher to find ${path}`,
  };
}

export interface WatcherEvents {
  registered(): void;
  refused(reason: string): void;
}

/** pluginregistration.Registration */
export function pluginRegistrationService(
  resource: Resource,
  events: WatcherEvents,
): UntypedServiceImplementation {
  return {
    GetInfo: unary<Empty, PluginInfo>(() => ({
      type: "DevicePlugin",
      name: resourceName(resource),
      // The kubelet takes the socket that it has found, whatever its path is called over there.
      endpoint: "",
      supported_versions: [API_VERSION],
    })),
    NotifyRegistrationStatus: unary<RegistrationStatus, Empty>((status) => {
      if (status.plugin_registered) events.registered();
      else events.refused(status.error);
      return {};
    }),
  };
}
