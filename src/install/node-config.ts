import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap } from "yaml";
import { ConfigError } from "../config/errors.ts";
import { parseConfig } from "../config/load.ts";
import type { NodeFacts } from "../fabric/flannel-annotations.ts";

const POD_CIDRS = "podCIDRs";
const ANNOTATION = /^annotation (\S+)$/;
const ACCEPTED = `a list of prefixes, "${POD_CIDRS}" or "annotation NAME"`;

/**
 * Makes the configuration of one node from one that is the same for all: in `nodePrefixes`, a text
 * is replaced by what the Node object says, and the fabric is told the name of the Node.
 * @param readNode asks the API; only called when something is left to the Node object
 * @returns YAML that the agent accepts
 * @throws ConfigError naming key, value and what is accepted; what `readNode` throws
 */
export async function configOfNode(
  text: string,
  source: string,
  nodeName: string,
  readNode: () => Promise<NodeFacts>,
): Promise<string> {
  const document = parseDocument(text);
  if (document.errors.length === 0) {
    const open = openPrefixes(document);
    const node = open.length === 0 ? null : await readNode();
    for (const { network, wish, index } of open) {
      const prefixes = prefixesOf(wish, node as NodeFacts, { source, index, nodeName });
      network.set("nodePrefixes", document.createNode(prefixes));
    }
    nameNode(document, nodeName);
  }
  const made = document.errors.length === 0 ? String(document) : text;
  parseConfig(made, source);
  return made;
}

interface OpenPrefixes {
  network: YAMLMap;
  wish: string;
  index: number;
}

function openPrefixes(document: Document): OpenPrefixes[] {
  const networks = document.get("networks");
  if (!isSeq(networks)) return [];
  return networks.items.flatMap((network, index) => {
    if (!isMap(network)) return [];
    const wish = network.get("nodePrefixes", true);
    return isScalar(wish) && typeof wish.value === "string"
      ? [{ network, wish: wish.value, index }]
      : [];
  });
}

interface Place {
  source: string;
  index: number;
  nodeName: string;
}

function prefixesOf(wish: string, node: NodeFacts, { source, index, nodeName }: Place): string[] {
  const [, annotation] = ANNOTATION.exec(wish) ?? [];
  const refused = (reason: string, accepted = ACCEPTED) =>
    new ConfigError({
      ...{ source, value: wish, reason, accepted },
      key: `networks[${index}].nodePrefixes`,
    });
  if (annotation === undefined && wish !== POD_CIDRS) throw refused("unknown text");
  const prefixes =
    annotation === undefined ? node.podCidrs : splitList(node.annotations[annotation] ?? "");
  if (prefixes.length > 0) return [...prefixes];
  const remedy =
    annotation === undefined
      ? "a controller manager with --allocate-node-cidrs, or another source"
      : `kubectl annotate node ${nodeName} ${annotation}=PREFIX[,PREFIX]`;
  throw refused(`the Node ${nodeName} has none`, remedy);
}

const splitList = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

function nameNode(document: Document, nodeName: string): void {
  const fabric = document.get("fabric");
  if (isMap(fabric) && !fabric.has("nodeName")) fabric.set("nodeName", nodeName);
}
