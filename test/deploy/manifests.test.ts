import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CHART, MANIFESTS, manifestPath, render } from "../../deploy/manifests.ts";
import { parseConfig } from "../../src/config/load.ts";
import { configOfNode } from "../../src/install/node-config.ts";
import {
  type Any,
  agentContainer,
  deployed,
  FOR_VFS,
  grantedCapabilities,
  manifestFiles,
  objectsIn,
} from "../fixtures/deploy.ts";
import { goTool } from "../harness/go-tools.ts";
import { must } from "../harness/run.ts";

const TIMEOUT_MS = 60_000;
const EXAMPLES = ["--values", "deploy/values/examples.yaml"];
const NODE = {
  podCidrs: ["10.244.3.0/24"],
  annotations: { "millrace.io/fast": "10.20.3.0/24", "millrace.io/tenant-a": "10.1.3.0/24" },
};

const helm = await goTool("helm");

for (const name of Object.keys(MANIFESTS)) {
  it(`deploy/${name} is what the chart renders`, { timeout: TIMEOUT_MS }, async ({ skip }) => {
    skip(helm.lacks !== "", helm.lacks);
    const rendered = await render(helm.path, MANIFESTS[name] ?? []);
    expect(readFileSync(manifestPath(name), "utf8")).toBe(rendered);
  });
}

it("helm finds no fault with the chart", { timeout: TIMEOUT_MS }, async ({ skip }) => {
  skip(helm.lacks !== "", helm.lacks);
  const more = ["--strict", "--set", "webhook.enabled=true", ...EXAMPLES];
  expect(await must(helm.path, ["lint", CHART, ...more])).toContain("0 chart(s) failed");
});

for (const file of manifestFiles()) {
  it(`each document of deploy/${file} is an object of Kubernetes`, () => {
    const objects = deployed(file);
    expect(objects.length).toBeGreaterThan(0);
    for (const { apiVersion, kind, metadata } of objects) {
      expect([apiVersion, kind, metadata?.name]).toEqual(Array(3).fill(expect.any(String)));
    }
  });
}

for (const file of ["millrace.yaml", "millrace-default-network.yaml"]) {
  it(`the agent accepts the configuration in deploy/${file}`, async () => {
    await expectAccepted(deployed(file));
  });
}

it("the agent accepts the configuration of the examples", { timeout: TIMEOUT_MS }, async (test) => {
  test.skip(helm.lacks !== "", helm.lacks);
  const objects = objectsIn(await render(helm.path, EXAMPLES));
  const config = await expectAccepted(objects);
  expect(config.sriov.pools.map(({ name }) => name)).toEqual(["fast", "dpdk"]);
  const { template } = objects.find(({ kind }) => kind === "DaemonSet").spec;
  expect(template.spec.hostPID).toBe(true);
  const agent = agentContainer(objects);
  expect(agent.securityContext.capabilities.add).toEqual([...grantedCapabilities(), ...FOR_VFS]);
  expect(agent.resources.limits).toEqual({ "hugepages-2Mi": "64Mi" });
});

it("nothing runs privileged, and only what the node asks for is mounted", () => {
  for (const { spec, kind } of deployed("millrace.yaml")) {
    if (kind !== "DaemonSet") continue;
    const { initContainers, containers, volumes, hostPID } = spec.template.spec;
    expect(hostPID).toBeUndefined();
    for (const { securityContext } of [...initContainers, ...containers]) {
      expect(securityContext).toMatchObject({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        capabilities: { drop: ["ALL"] },
      });
      expect(securityContext.privileged).toBeUndefined();
    }
    const paths = volumes.flatMap(({ hostPath }: Any) => hostPath?.path ?? []);
    expect(paths.sort()).toEqual([
      ...["/etc/cni/net.d", "/opt/cni/bin", "/run/millrace", "/run/netns"],
      ...["/var/lib/cni", "/var/lib/millrace"],
    ]);
  }
});

it("an agent that asks nothing of the API has neither token nor rights", () => {
  const objects = deployed("millrace.yaml");
  expect(objects.map(({ kind }) => kind)).not.toContain("ClusterRole");
  const account = objects.find(({ kind }) => kind === "ServiceAccount");
  expect(account.automountServiceAccountToken).toBe(false);
});

it("the rights of the agent are those of the fabric", () => {
  const role = deployed("millrace-default-network.yaml").find(({ kind }) => kind === "ClusterRole");
  expect(role.rules).toEqual([
    { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
    { apiGroups: [""], resources: ["nodes/status"], verbs: ["patch"] },
  ]);
});

async function expectAccepted(objects: Any[]) {
  const { data } = objects.find(({ kind }) => kind === "ConfigMap");
  const text = await configOfNode(data["agent.yaml"], "agent.yaml", "node3", async () => NODE);
  const config = parseConfig(text, "agent.yaml");
  const [, port] = config.metrics.listen.split(":");
  const { readinessProbe } = agentContainer(objects);
  expect(readinessProbe.httpGet).toMatchObject({ host: "127.0.0.1", port: Number(port) });
  return config;
}

it("an agent that annotates pods may do so, and nothing else", {
  timeout: TIMEOUT_MS,
}, async (test) => {
  test.skip(helm.lacks !== "", helm.lacks);
  const set = ["--set-json", 'config={"networks": [], "podAnnotations": {}}'];
  const objects = objectsIn(await render(helm.path, set));
  const role = objects.find(({ kind }) => kind === "ClusterRole");
  expect(role.rules).toEqual([{ apiGroups: [""], resources: ["pods/status"], verbs: ["patch"] }]);
  const account = objects.find(({ kind }) => kind === "ServiceAccount");
  expect(account.automountServiceAccountToken).toBe(true);
});
