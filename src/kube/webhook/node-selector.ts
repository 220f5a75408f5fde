import { isLabelKey, isLabelValue } from "./kube-names.ts";
import { shown } from "./pod-refusal.ts";

const ACCEPTED = 'labels like "zone=a" or {"zone": "a"}';

/**
 * Reads labels of nodes: "KEY=VALUE", several of them with commas between, "KEY" for an empty value,
 * or a JSON object.
 * @throws Error with the reason and what is accepted
 */
export function parseNodeSelector(text: string): Map<string, string> {
  const entries = text.trim().startsWith("{") ? fromJson(text) : fromList(text);
  const labels = new Map<string, string>();
  for (const [key, value] of entries) {
    if (!isLabelKey(key) || typeof value !== "string" || !isLabelValue(value)) {
      throw new Error(`${shown(key)} is no label with its value; accepted: ${ACCEPTED}`);
    }
    if ((labels.get(key) ?? value) !== value) {
      throw new Error(`${shown(key)} is there with two values; accepted: each label once`);
    }
    labels.set(key, value);
  }
  return labels;
}

function fromList(text: string): [string, unknown][] {
  return text.split(",").map((item) => {
    const [key = "", value = "", ...more] = item.split("=").map((part) => part.trim());
    // More than one "=" makes a value that no label can have.
    return [key, [value, ...more].join("=")];
  });
}

function fromJson(text: string): [string, unknown][] {
  try {
    return Object.entries(JSON.parse(text));
  } catch (error) {
    throw new Error(`${(error as Error).message}; accepted: ${ACCEPTED}`, { cause: error });
  }
}
