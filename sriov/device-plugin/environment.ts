import type { AdditionalInfo, PluginDevice, VfioGroup } from "./device.ts";
import { type Resource, variableOf } from "./resource.ts";

/** The container device, common to all groups (Documentation/driver-api/vfio.rst). */
export const VFIO_CONTAINER = "/dev/vfio/vfio";

type Info = Record<string, Record<string, string>>;

/**
 * What a container learns of its devices, in the variables of the SR-IOV network device plugin:
 * PCIDEVICE_<PREFIX>_<NAME> lists the addresses as the kubelet did, PCIDEVICE_<PREFIX>_<NAME>_INFO
 * says in JSON what is known of each. As there, of the resource's name only dots become "_".
 */
export function environmentOf(
  resource: Resource,
  devices: readonly PluginDevice[],
  additionalInfo: AdditionalInfo | null,
): Record<string, string> {
  const variable = variableOf(resource);
  const info = devices.map((device) => [device.id, infoOf(device, additionalInfo)] as const);
  return {
    [variable]: devices.map(({ id }) => id).join(","),
    [`${variable}_INFO`]: JSON.stringify(sorted(Object.fromEntries(info))),
  };
}

// The names inside are those that the plugin writes; its README has others.
function infoOf(device: PluginDevice, additionalInfo: AdditionalInfo | null): Info {
  return sorted({
    ...(additionalInfo !== null && { extra: extraOf(device, additionalInfo) }),
    generic: { deviceID: device.id },
    ...(device.vfio !== null && { vfio: vfioOf(device.vfio) }),
  });
}

function extraOf({ id }: PluginDevice, info: AdditionalInfo): Record<string, string> {
  return sorted({ ...info["*"], ...info[id] });
}

function vfioOf({ containerPath }: VfioGroup): Record<string, string> {
  return { "dev-mount": containerPath, mount: VFIO_CONTAINER };
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
