import { status } from "@grpc/grpc-js";
import type { AdditionalInfo, DeviceSource, PluginDevice } from "./device.ts";
import type { DeviceInfoFiles } from "./device-info.ts";
import { environmentOf, VFIO_CONTAINER } from "./environment.ts";
import type {
  AllocateRequest,
  AllocateResponse,
  ContainerAllocation,
  DeviceSpec,
} from "./messages.ts";
import { Refusal } from "./refusal.ts";
import { type Resource, resourceName } from "./resource.ts";

export interface AllocatorOptions {
  resource: Resource;
  source: DeviceSource;
  additionalInfo: AdditionalInfo | null;
  files: DeviceInfoFiles;
}

/** Tells the kubelet what the containers that get devices need. Changes no device. */
export class Allocator {
  readonly #options: AllocatorOptions;

  constructor(options: AllocatorOptions) {
    this.#options = options;
  }

  /** @throws Refusal for a device that is not of this pool or not healthy; then nothing is written */
  async allocate(request: AllocateRequest): Promise<AllocateResponse> {
    const known = new Map(this.#options.source.devices().map((device) => [device.id, device]));
    const containers = request.container_requests.map(({ devices_ids }) =>
      this.#usable(devices_ids, known),
    );
    await this.#options.files.write(containers.flat());
    return { container_responses: containers.map((devices) => this.#allocation(devices)) };
  }

  #usable(ids: string[], known: Map<string, PluginDevice>): PluginDevice[] {
    const resource = resourceName(this.#options.resource);
    if (ids.length === 0) {
      throw new Refusal(status.INVALID_ARGUMENT, `a request for ${resource} names no device`);
    }
    return ids.map((id) => {
      const device = known.get(id);
      if (device === undefined) {
        throw new Refusal(status.NOT_FOUND, `${resource} has no device "${id}"`);
      }
      if (!device.healthy) {
        const why = `${id} of ${resource} is not healthy: ${device.reason}`;
        throw new Refusal(status.FAILED_PRECONDITION, why);
      }
      return device;
    });
  }

  #allocation(devices: PluginDevice[]): ContainerAllocation {
    const { resource, additionalInfo } = this.#options;
    return { envs: environmentOf(resource, devices, additionalInfo), devices: nodesOf(devices) };
  }
}

/** VFs of one IOMMU group share its device, and all groups the container device. */
function nodesOf(devices: PluginDevice[]): DeviceSpec[] {
  const nodes = new Map<string, DeviceSpec>();
  for (const { vfio } of devices) {
    if (vfio === null) continue;
    nodes.set(VFIO_CONTAINER, node(VFIO_CONTAINER, VFIO_CONTAINER));
    nodes.set(vfio.hostPath, node(vfio.hostPath, vfio.containerPath));
  }
  return [...nodes.values()];
}

function node(hostPath: string, containerPath: string): DeviceSpec {
  return { host_path: hostPath, container_path: containerPath, permissions: "rw" };
}
