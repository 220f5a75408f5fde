/** Messages of device-plugin.proto and plugin-registration.proto, as proto-loader gives and takes them. */

export type Empty = Record<string, never>;

export interface DevicePluginOptions {
  pre_start_required: boolean;
  get_preferred_allocation_available: boolean;
}

export interface RegisterRequest {
  version: string;
  /** File name of our socket in the directory of kubelet.sock. */
  endpoint: string;
  resource_name: string;
  options: DevicePluginOptions;
}

export interface Device {
  ID: string;
  health: "Healthy" | "Unhealthy";
  /** null: nothing is said of NUMA nodes. */
  topology: { nodes: { ID: number }[] } | null;
}

/** The whole list each time: a device that is not in it is gone. */
export interface ListAndWatchResponse {
  devices: Device[];
}

export interface ContainerPreference {
  available_deviceIDs: string[];
  must_include_deviceIDs: string[];
  allocation_size: number;
}

export interface PreferredAllocationRequest {
  container_requests: ContainerPreference[];
}

export interface PreferredAllocationResponse {
  container_responses: { deviceIDs: string[] }[];
}

export interface AllocateRequest {
  container_requests: { devices_ids: string[] }[];
}

export interface DeviceSpec {
  container_path: string;
  host_path: string;
  /** Any of r, w and m (mknod). */
  permissions: string;
}

export interface ContainerAllocation {
  envs: Record<string, string>;
  devices: DeviceSpec[];
}

export interface AllocateResponse {
  container_responses: ContainerAllocation[];
}

export interface PluginInfo {
  type: string;
  name: string;
  /** "": the socket that was asked. */
  endpoint: string;
  supported_versions: string[];
}

export interface RegistrationStatus {
  plugin_registered: boolean;
  error: string;
}
