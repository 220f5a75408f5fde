import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "../test/harness/run.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const CHART = here("helm/millrace");
const NAMESPACE = "millrace";
/** Charts may ask which versions the cluster knows; the answer must not depend on this machine. */
const KUBERNETES = "1.34.0";

const HEADER = "# Made by node deploy/render.ts from deploy/helm/millrace. Do not edit.\n";

// The agent needs the host's network and directories, which other levels of the pod security
// standards refuse.
const NAMESPACE_OBJECT = `---
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels: {pod-security.kubernetes.io/enforce: privileged}
`;

/** Manifests for kubectl, by file name, with the arguments that make helm render them. */
export const MANIFESTS: Readonly<Record<string, readonly string[]>> = {
  "millrace.yaml": [],
  "millrace-default-network.yaml": ["--values", here("values/default-network.yaml")],
  "webhook.yaml": ["--set", "webhook.enabled=true", "--show-only", "templates/webhook.yaml"],
};

export const manifestPath = (name: string): string => join(here("."), name);

/**
 * Renders the chart as `helm install` does, with the namespace in front.
 * @param helm the executable
 * @param more arguments of helm
 * @throws Error with helm's words
 */
export async function render(helm: string, more: readonly string[]): Promise<string> {
  const where = ["--namespace", NAMESPACE, "--kube-version", KUBERNETES];
  const rendered = await must(helm, ["template", "millrace", CHART, ...where, ...more]);
  return HEADER + NAMESPACE_OBJECT + rendered;
}
