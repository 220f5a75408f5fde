import { NODE_SELECTOR, RESOURCE_NAME } from "./annotations.ts";
import { isExtendedResource } from "./kube-names.ts";
import type { NetworkReference } from "./networks-annotation.ts";
import { parseNodeSelector } from "./node-selector.ts";
import { PodRefusal } from "./pod-refusal.ts";
import type { Wishes } from "./wishes.ts";

/** What is read of a NetworkAttachmentDefinition. */
export interface Definition {
  annotations: Readonly<Record<string, string>>;
}

/** Looks a definition up; null when there is none. @throws Error when nobody can say */
export type FindDefinition = (reference: NetworkReference) => Promise<Definition | null>;

export interface Demand {
  /** How many of which resource the pod needs. */
  resources: ReadonlyMap<string, number>;
  /** Labels that its node must have, with the definition that asks for each. */
  nodeSelector: ReadonlyMap<string, { value: string; by: string }>;
}

type Found = { path: string; definition: Definition };

/**
 * What a pod needs to be attached as it wishes. A network that is named twice takes two.
 * @throws PodRefusal when a definition is not there or makes no sense; what `find` throws
 */
export async function demandOf(wishes: Wishes, find: FindDefinition): Promise<Demand> {
  const found = await findAll(wishes.networks, find);
  const resources = new Map(wishes.vfs);
  const nodeSelector: Map<string, { value: string; by: string }> = new Map();
  for (const one of found) {
    const resource = resourceOf(one);
    if (resource !== "") resources.set(resource, (resources.get(resource) ?? 0) + 1);
    addLabels(one, nodeSelector);
  }
  return { resources, nodeSelector };
}

async function findAll(networks: Wishes["networks"], find: FindDefinition): Promise<Found[]> {
  const asked = new Map<string, Promise<Definition | null>>();
  for (const { reference } of networks) {
    const path = pathOf(reference);
    if (!asked.has(path)) asked.set(path, find(reference));
  }
  // All of them: when one fails, none may be left to fail unheard.
  await Promise.allSettled(asked.values());
  const found: Found[] = [];
  for (const { key, reference } of networks) {
    const path = pathOf(reference);
    const definition = await asked.get(path);
    if (!definition) throw missing(key, reference);
    found.push({ path, definition });
  }
  return found;
}

const pathOf = ({ namespace, name }: NetworkReference) => `${namespace}/${name}`;

function missing(key: string, { namespace, name }: NetworkReference): PodRefusal {
  const reason =
    `there is no NetworkAttachmentDefinition ${name} in namespace ${namespace}, and without it ` +
    `the pod could never start; kubectl get -n ${namespace} net-attach-def shows those there are`;
  return new PodRefusal(key, `${namespace}/${name}`, reason);
}

const keyOf = (path: string, annotation: string) =>
  `NetworkAttachmentDefinition ${path}: annotation ${annotation}`;

/** "" for a network that needs no device. */
function resourceOf({ path, definition: { annotations } }: Found): string {
  const resource = annotations[RESOURCE_NAME]?.trim() ?? "";
  if (resource === "" || isExtendedResource(resource)) return resource;
  const accepted = 'accepted: an extended resource like "millrace.io/fast"';
  throw new PodRefusal(keyOf(path, RESOURCE_NAME), resource, accepted);
}

function addLabels(
  { path, definition: { annotations } }: Found,
  labels: Map<string, { value: string; by: string }>,
): void {
  const text = annotations[NODE_SELECTOR] ?? "";
  if (text.trim() === "") return;
  const key = keyOf(path, NODE_SELECTOR);
  for (const [label, value] of parseLabels(key, text)) {
    const other = labels.get(label);
    if (other !== undefined && other.value !== value) {
      const reason = `${other.by} asks for ${label} = ${JSON.stringify(other.value)}`;
      throw new PodRefusal(key, text, `${reason}; accepted: networks of the same nodes`);
    }
    labels.set(label, { value, by: path });
  }
}

function parseLabels(key: string, text: string): Map<string, string> {
  try {
    return parseNodeSelector(text);
  } catch (error) {
    throw new PodRefusal(key, text, (error as Error).message);
  }
}
