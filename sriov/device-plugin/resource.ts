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

/**
 * Name of the variable that tells a container its devices. Only dots are replaced, as the
 * established device plugin does, so two resources can have one.
 */
export function variableOf({ prefix, name }: Resource): string {
  return `PCIDEVICE_${prefix}_${name}`.replaceAll(".", "_").toUpperCase();
}

/** A pool of the configuration as a resource. */
export function resourceOf({ resourcePrefix: prefix, name }: NamedPool): Resource {
  return { prefix, name };
}

interface NamedPool {
  readonly resourcePrefix: string;
  readonly name: string;
}

/** File name of a resource's socket, the same in both directories of the kubelet. */
export function socketName({ prefix, name }: Resource): string {
  return `${prefix}_${name}.sock`;
}
