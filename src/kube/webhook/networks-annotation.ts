import { isDnsName, isLabel, isListedName } from "./kube-names.ts";
import { PodRefusal, shown } from "./pod-refusal.ts";

/** A NetworkAttachmentDefinition that a pod names. */
export interface NetworkReference {
  namespace: string;
  name: string;
}

/** Each costs a request to the API; more than any pod has interfaces. */
export const MAX_NETWORKS = 64;
const IFNAME_LENGTH = 15;

const LIST = 'a list like "fast, infra/dpdk@net1"';
const ELEMENTS = 'JSON like [{"name": "fast", "namespace": "infra"}]';

/**
 * Reads which networks a pod is attached to, in the words and with the tolerance of Multus: a list
 * of [NAMESPACE/]NAME[@INTERFACE], or JSON (network plumbing working group, Multi-Network
 * Specification 4.1.2). A network that is named twice is there twice.
 * @throws PodRefusal
 */
export function parseNetworks(
  key: string,
  text: string,
  defaultNamespace: string,
): NetworkReference[] {
  const refuse = (reason: string) => new PodRefusal(key, text, reason);
  // Multus tells the forms apart by these characters, wherever they are.
  const networks = /[[{"]/.test(text) ? fromJson(text, refuse) : fromList(text, refuse);
  if (networks.length > MAX_NETWORKS) {
    throw refuse(`${networks.length} networks; accepted: at most ${MAX_NETWORKS}`);
  }
  return networks.map(({ namespace, name }) => ({
    namespace: namespace || defaultNamespace,
    name,
  }));
}

type Refuse = (reason: string) => PodRefusal;

function fromList(text: string, refuse: Refuse): NetworkReference[] {
  return text.split(",").map((item) => {
    const [name = "", namespace = "", ...more] = item.trim().split("/").reverse();
    const [bare = "", ifname = "", ...rest] = name.split("@").map((part) => part.trim());
    if (more.length + rest.length > 0 || !isListedName(bare) || !isInterface(ifname)) {
      throw refuse(`${shown(item.trim())} names no network; accepted: ${LIST}`);
    }
    return { namespace: checkNamespace(namespace.trim(), refuse), name: bare };
  });
}

function isInterface(text: string): boolean {
  return text.length <= IFNAME_LENGTH && !/[\s/]/.test(text);
}

function fromJson(text: string, refuse: Refuse): NetworkReference[] {
  const elements = parseJson(text, refuse);
  if (!Array.isArray(elements)) throw refuse(`not a list; accepted: ${ELEMENTS} or ${LIST}`);
  return elements.map((element: unknown, i) => {
    const refuseElement = (reason: string) => refuse(`element ${i}: ${reason}`);
    if (typeof element !== "object" || element === null || Array.isArray(element)) {
      throw refuseElement(`not an object; accepted: ${ELEMENTS}`);
    }
    const name = field(element, "name", refuseElement);
    if (!isDnsName(name)) {
      throw refuseElement(
        `name ${shown(name)}; accepted: the name of a NetworkAttachmentDefinition`,
      );
    }
    const namespace = field(element, "namespace", refuseElement);
    return { namespace: checkNamespace(namespace, refuseElement), name };
  });
}

function parseJson(text: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(`${(error as Error).message}; accepted: ${ELEMENTS} or ${LIST}`);
  }
}

/** Multus is written in Go, which finds fields whatever their case; of several, the last counts. */
function field(element: object, wanted: string, refuse: Refuse): string {
  const [, value] = Object.entries(element).findLast(([key]) => key.toLowerCase() === wanted) ?? [];
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw refuse(`${wanted} ${shown(value)}; accepted: a text`);
}

function checkNamespace(namespace: string, refuse: Refuse): string {
  if (namespace === "" || isLabel(namespace)) return namespace;
  throw refuse(`namespace ${shown(namespace)}; accepted: the name of a namespace`);
}
