import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parse } from "yaml";
import { render } from "../../deploy/manifests.ts";
import { root } from "../../src/setup/run.mjs";
import { type Any, deployed, manifestFiles, objectsIn } from "../fixtures/deploy.ts";
import { type KubeLab, kubeScenario } from "../fixtures/kube-lab.ts";
import { defineDefinitions } from "../fixtures/webhook.ts";
import { goTool } from "../harness/go-tools.ts";
import { CLI } from "../harness/paths.ts";

const CLUSTER_WIDE = /^(Namespace|ClusterRole|ClusterRoleBinding|MutatingWebhookConfiguration)$/;

kubeScenario(
  "a real API server takes every manifest, with no field that it does not know",
  async (lab) => {
    const { api } = lab.kube;
    await defineDefinitions(api);
    await api.request("POST", "/api/v1/namespaces", { metadata: { name: "tenant-a" } });
    for (const file of manifestFiles()) {
      for (const object of deployed(file)) await create(lab, file, object);
    }
    const helm = await goTool("helm");
    if (helm.lacks === "") await createExamples(lab, helm.path);
    else console.log(`not looked at: the chart with VFs and huge pages, which ${helm.lacks}`);
    const { items } = await api.request("GET", "/apis/apps/v1/namespaces/millrace/daemonsets");
    const [{ spec }] = items;
    const [, , agent] = [...spec.template.spec.initContainers, ...spec.template.spec.containers];
    expect(agent.securityContext.capabilities.add).toContain("SYS_ADMIN");
    expect(agent.securityContext.privileged).toBeUndefined();
  },
);

kubeScenario(
  "the configuration of a node has the prefixes that its Node object names",
  async (lab) => {
    const { kube, control, scope } = lab;
    const annotations = { "millrace.io/blue": "10.1.3.0/24" };
    await kube.api.createNode("node3", ["10.244.3.0/24"], annotations);
    const file = join(scope.dir, "agent.yaml");
    const networks = [
      { name: "pods", nodePrefixes: "podCIDRs" },
      { name: "blue", nodePrefixes: "annotation millrace.io/blue" },
    ];
    writeFileSync(file, JSON.stringify({ networks }));
    const configOf = (node: string, user: "millrace" | "stranger" = "millrace") => {
      const options = ["--node", node, "--kubeconfig", kube.kubeconfig(user)];
      return control.must(process.execPath, [CLI, "config", "node", file, ...options]);
    };
    const made = parse(await configOf("node3"));
    expect(made.networks.map((one: Any) => one.nodePrefixes)).toEqual([
      ["10.244.3.0/24"],
      ["10.1.3.0/24"],
    ]);
    await expect(configOf("node4")).rejects.toThrow("does not show the Node node4: HTTP 404");
    await expect(configOf("node3", "stranger")).rejects.toThrow("HTTP 403");
  },
);

/** Everything that values can turn on, in place of what is there. */
async function createExamples(lab: KubeLab, helm: string): Promise<void> {
  const path = "/apis/apps/v1/namespaces/millrace/daemonsets/millrace-agent";
  await lab.kube.api.request("DELETE", path);
  const values = join(root, "deploy/values/examples.yaml");
  for (const object of objectsIn(await render(helm, ["--values", values]))) {
    await create(lab, values, object);
  }
  const { spec } = (await lab.kube.api.request("GET", path)).spec.template;
  expect(spec.hostPID).toBe(true);
  expect(spec.volumes.map(({ name }: Any) => name)).toContain("device-plugins");
}

/** Of objects that several files have, the first one stays. */
async function create({ kube: { api } }: KubeLab, file: string, object: Any): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace ?? "default";
  const within = CLUSTER_WIDE.test(kind) ? "" : `/namespaces/${namespace}`;
  const plural =
    kind === "NetworkAttachmentDefinition"
      ? "network-attachment-definitions"
      : `${kind.toLowerCase()}s`;
  const path = `${root}${within}/${plural}?fieldValidation=Strict`;
  await api.request("POST", path, object).catch((error: Error) => {
    if (!error.message.includes("AlreadyExists")) throw new Error(`${file}: ${error.message}`);
  });
}
