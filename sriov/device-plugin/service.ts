import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Allocator } from "./allocate.ts";
import type { DeviceSource } from "./device.ts";
import type {
  DevicePluginOptions,
  Empty,
  PreferredAllocationRequest,
  PreferredAllocationResponse,
} from "./messages.ts";
import { type PfPreference, preferredDevices } from "./preferred.ts";
import { toStatus } from "./refusal.ts";
import type { WatchCall } from "./watch-stream.ts";
import type { WatchStreams } from "./watch-streams.ts";

export const PLUGIN_OPTIONS: DevicePluginOptions = {
  pre_start_required: false,
  get_preferred_allocation_available: true,
};

export interface ServiceParts {
  source: DeviceSource;
  preference: PfPreference;
  allocator: Allocator;
  streams: WatchStreams;
}

/** v1beta1.DevicePlugin */
export function devicePluginService(parts: ServiceParts): UntypedServiceImplementation {
  return {
    GetDevicePluginOptions: unary<Empty, DevicePluginOptions>(() => PLUGIN_OPTIONS),
    ListAndWatch: (call: WatchCall) => parts.streams.serve(call),
    GetPreferredAllocation: unary((request: PreferredAllocationRequest) => prefer(parts, request)),
    Allocate: unary(parts.allocator.allocate.bind(parts.allocator)),
    PreStartContainer: unary<unknown, Empty>(() => ({})),
  };
}

/** @param answer what it throws becomes the status of the call */
export function unary<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return ({ request }, callback) => {
    Promise.try(answer, request).then(
      (response) => callback(null, response),
      (error) => callback(toStatus(error)),
    );
  };
}

function prefer(
  { source, preference }: ServiceParts,
  request: PreferredAllocationRequest,
): PreferredAllocationResponse {
  const devices = source.devices();
  return {
    container_responses: request.container_requests.map((container) => ({
      deviceIDs: preferredDevices(container, devices, preference),
    })),
  };
}
