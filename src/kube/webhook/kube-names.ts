// Names as Kubernetes has them: RFC 1123 for objects, "qualified names" for labels and resources.

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_NAME = `${LABEL}(\\.${LABEL})*`;

const fits = (pattern: string, max: number) => {
  const whole = new RegExp(`^${pattern}$`);
  return (text: string) => text.length <= max && whole.test(text);
};

/** Of a namespace. */
export const isLabel = fits(LABEL, 63);
/** What Multus takes for a name in a list: no dots, other than Kubernetes. */
export const isListedName = fits(LABEL, 253);
/** Of a NetworkAttachmentDefinition, as of any custom resource. */
export const isDnsName = fits(DNS_NAME, 253);
/** The part after the slash of a label or resource. */
export const isQualifiedPart = fits("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", 63);

/** A label's key: "name" or "example.org/name". */
export function isLabelKey(text: string): boolean {
  const [name = "", prefix, ...more] = text.split("/").reverse();
  if (more.length > 0 || !isQualifiedPart(name)) return false;
  return prefix === undefined || isDnsName(prefix);
}

export const isLabelValue = (text: string) => text === "" || isQualifiedPart(text);

// An extended resource must be a qualified name with "requests." before it as well, for quotas.
const MAX_PREFIX = 253 - "requests.".length;

/** An extended resource, "intel.com/sriov"; cpu, hugepages-2Mi and the like are none. */
export function isExtendedResource(text: string): boolean {
  const [prefix = "", name = "", ...more] = text.split("/");
  if (more.length > 0 || !isQualifiedPart(name)) return false;
  if (!isDnsName(prefix) || prefix.length > MAX_PREFIX) return false;
  return !prefix.startsWith("requests.") && !/(^|\.)kubernetes\.io$/.test(prefix);
}
