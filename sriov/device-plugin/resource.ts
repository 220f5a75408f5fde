/** An extended resource of Kubernetes: intel.com/sriov. */
export interface Resource {
  /** intel.com */
  prefix: string;
  /** sriov */
  name: string;
}

export function resourceName({ prefix, name }: Resource): string {
  return `${prefix}/${name}`;
}

/** File name of a resource's socket, the same in both directories of the kubelet. */
export function socketName({ prefix, name }: Resource): string {
  return `${prefix}_${name}.sock`;
}
