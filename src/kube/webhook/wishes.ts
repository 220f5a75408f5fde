import { CONTAINER, DEFAULT_NETWORK, NETWORKS, VFS } from "./annotations.ts";
import { type NetworkReference, parseNetworks } from "./networks-annotation.ts";
import type { Pod } from "./pod.ts";
import { PodRefusal } from "./pod-refusal.ts";
import { parseVfs } from "./vfs-annotation.ts";

/** What the annotations of a pod say, before anything is asked of the API. */
export interface Wishes {
  /** Attachments with the annotation that names them; each takes what its definition says. */
  networks: { key: string; reference: NetworkReference }[];
  /** How many of which resource, by `millrace.io/vfs`. */
  vfs: ReadonlyMap<string, number>;
  /** Index of the container that gets the resources. */
  container: number;
}

export interface Namespaces {
  /** Of the pod. */
  pod: string;
  /** Where Multus looks for a default network that is named without one. */
  multus: string;
}

/** @throws PodRefusal */
export function readWishes(
  annotations: Readonly<Record<string, string>>,
  pod: Pod,
  namespaces: Namespaces,
): Wishes {
  const vfs = annotations[VFS] ?? "";
  return {
    // No CNI is called for a pod in the network of its host.
    networks: pod.spec.hostNetwork ? [] : networksOf(annotations, namespaces),
    vfs: vfs === "" ? new Map() : parseVfs(vfs),
    container: containerOf(annotations[CONTAINER] ?? "", pod),
  };
}

function networksOf(
  annotations: Readonly<Record<string, string>>,
  namespaces: Namespaces,
): Wishes["networks"] {
  const named = (key: string, namespace: string) => {
    const text = annotations[key] ?? "";
    const references = text === "" ? [] : parseNetworks(key, text, namespace);
    return references.map((reference) => ({ key, reference }));
  };
  const standard = named(DEFAULT_NETWORK, namespaces.multus);
  if (standard.length > 1) {
    const text = annotations[DEFAULT_NETWORK] ?? "";
    throw new PodRefusal(DEFAULT_NETWORK, text, "several networks; accepted: one");
  }
  return [...standard, ...named(NETWORKS, namespaces.pod)];
}

function containerOf(name: string, { spec: { containers } }: Pod): number {
  const index = name === "" ? 0 : containers.findIndex((one) => one.name === name);
  if (index >= 0) return index;
  const names = containers.map((one) => one.name).join(", ");
  throw new PodRefusal(CONTAINER, name, `no such container; accepted: one of ${names}`);
}
