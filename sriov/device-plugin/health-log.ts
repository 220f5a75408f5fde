import type { DeviceSource } from "./device.ts";
import type { PluginLog } from "./plugin-log.ts";

/**
 * Logs each device that becomes unhealthy, why, and when it is healthy again: the protocol has no
 * field for the reason.
 * @returns ends it
 */
export function logHealth(source: DeviceSource, log: PluginLog): () => void {
  const unhealthy = new Map<string, string>();
  const look = () => {
    const devices = source.devices();
    const ids = new Set(devices.map(({ id }) => id));
    for (const id of [...unhealthy.keys()]) if (!ids.has(id)) unhealthy.delete(id);
    for (const { id, healthy, reason } of devices) {
      if (healthy && unhealthy.delete(id)) log.health(id, true, "");
      if (healthy || unhealthy.get(id) === reason) continue;
      unhealthy.set(id, reason);
      log.health(id, false, reason);
    }
  };
  look();
  return source.subscribe(look);
}
