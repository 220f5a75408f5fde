import type { Demand } from "./demand.ts";
import type { Container, Pod } from "./pod.ts";
import { PodRefusal } from "./pod-refusal.ts";
import { countOf } from "./quantity.ts";
import type { PatchOperation } from "./review.ts";

/**
 * What makes a pod ask for what it needs: RFC 6902. What it asks for already counts, so that a
 * pod that has been through here gets no patch again.
 * @param container index of the one that asks for what is missing
 * @throws PodRefusal when the pod selects other nodes than its networks
 */
export function patchFor(pod: Pod, container: number, demand: Demand): PatchOperation[] {
  return [
    ...resourcePatch(pod, container, demand.resources),
    ...nodeSelectorPatch(pod, demand.nodeSelector),
  ];
}

function resourcePatch(pod: Pod, index: number, needs: Demand["resources"]): PatchOperation[] {
  const container = pod.spec.containers[index] as Container;
  const others = lastingContainers(pod).filter((one) => one !== container);
  const wanted: Record<string, string> = {};
  for (const [resource, need] of needs) {
    const elsewhere = others.reduce((sum, one) => sum + asked(one, resource), 0);
    if (asked(container, resource) + elsewhere >= need) continue;
    wanted[resource] = String(need - elsewhere);
  }
  if (Object.keys(wanted).length === 0) return [];
  const { resources } = container;
  const at = `/spec/containers/${index}/resources`;
  // Of extended resources, requests and limits must be the same.
  return [
    ...(resources ? [] : [add(at, {})]),
    ...addMembers(`${at}/limits`, resources?.limits, wanted),
    ...addMembers(`${at}/requests`, resources?.requests, wanted),
  ];
}

/** Those whose devices are theirs as long as the pod lives; other init containers give theirs on. */
function lastingContainers({ spec: { containers, initContainers } }: Pod): Container[] {
  const sidecars = (initContainers ?? []).filter((one) => one.restartPolicy === "Always");
  return [...containers, ...sidecars];
}

function asked({ resources }: Container, resource: string): number {
  return Math.max(countOf(resources?.limits?.[resource]), countOf(resources?.requests?.[resource]));
}

function nodeSelectorPatch(pod: Pod, labels: Demand["nodeSelector"]): PatchOperation[] {
  const present = pod.spec.nodeSelector ?? {};
  const wanted: Record<string, string> = {};
  for (const [label, { value, by }] of labels) {
    const own = Object.hasOwn(present, label) ? present[label] : undefined;
    if (own === undefined) wanted[label] = value;
    else if (own !== value) throw elsewhere(label, own, value, by);
  }
  return addMembers("/spec/nodeSelector", pod.spec.nodeSelector, wanted);
}

function elsewhere(label: string, own: string, value: string, by: string): PodRefusal {
  const reason = `NetworkAttachmentDefinition ${by} is only on nodes with ${label} = ${JSON.stringify(value)}`;
  return new PodRefusal(`spec.nodeSelector[${label}]`, own, `${reason}; accepted: that, or none`);
}

const add = (path: string, value: unknown): PatchOperation => ({ op: "add", path, value });

/** Sets members of an object that may not be there itself. */
function addMembers(
  path: string,
  object: object | null | undefined,
  members: Readonly<Record<string, string>>,
): PatchOperation[] {
  const entries = Object.entries(members);
  if (entries.length === 0) return [];
  if (!object) return [add(path, members)];
  return entries.map(([key, value]) => add(`${path}/${escapePointer(key)}`, value));
}

/** RFC 6901 section 3. */
const escapePointer = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");
