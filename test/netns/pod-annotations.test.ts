import { expect } from "vitest";
import { type KubeLab, kubeScenario } from "../fixtures/kube-lab.ts";
import { until } from "../fixtures/kube-wait.ts";
import { startAgent } from "../harness/agent-process.ts";
import { mustCni } from "../harness/cni-call.ts";
import { createNamespace } from "../harness/namespace.ts";

const PODS = "/api/v1/namespaces/default/pods";
const NETWORKS = [{ name: "blue", nodePrefixes: ["10.81.1.0/24"] }];
const NOTE = "attachment.millrace.io/net1";

kubeScenario("what a pod has got stands in its annotations", async (lab) => {
  const attach = await attaching(lab, lab.kube.kubeconfig("millrace"));
  const uid = await createPod(lab, "web");
  await attach("web", uid);
  const read = () => annotationsOf(lab, "web");
  const { [NOTE]: note = "", ...others } = await until("it is there", read, (all) => NOTE in all);
  expect(JSON.parse(note)).toEqual({ mode: "fastpath", network: "blue", portMode: "copy" });
  expect(others).toEqual({ mine: "stays" });
});

kubeScenario("a pod that was made anew meanwhile is not annotated", async (lab) => {
  const attach = await attaching(lab, lab.kube.kubeconfig("millrace"));
  await createPod(lab, "old");
  await attach("old", "11111111-2222-3333-4444-555555555555");
  const uid = await createPod(lab, "next");
  await attach("next", uid);
  await until(
    "the next is annotated",
    () => annotationsOf(lab, "next"),
    (all) => NOTE in all,
  );
  expect(await annotationsOf(lab, "old")).toEqual({ mine: "stays" });
});

kubeScenario("an agent that may not annotate attaches all the same, and says so", async (lab) => {
  const attach = await attaching(lab, lab.kube.kubeconfig("stranger"));
  await attach("web", await createPod(lab, "web"));
  const words = /default\/web.*a pod could not be annotated; may the agent patch pods\/status\?/;
  await until("it is said", attach.log, (log) => words.test(log));
});

async function attaching({ scope, addHost }: KubeLab, kubeconfig: string) {
  const namespace = await addHost("node1", 11);
  const config = { networks: NETWORKS, podAnnotations: { kubeconfig } };
  const agent = await startAgent(scope, { namespace, config });
  const attach = async (name: string, uid: string) => {
    const pod = await createNamespace(scope, name);
    const names = { K8S_POD_NAMESPACE: "default", K8S_POD_NAME: name, K8S_POD_UID: uid };
    const place = { containerId: pod.name, netns: pod.path, ifname: "net1" };
    await mustCni("ADD", { socket: agent.socket, network: "blue", ...place, args: names });
  };
  return Object.assign(attach, { log: () => agent.log() });
}

/** @returns its uid */
async function createPod({ kube: { api } }: KubeLab, name: string): Promise<string> {
  const metadata = { name, annotations: { mine: "stays" } };
  const pod = { metadata, spec: { containers: [{ name: "app", image: "app" }] } };
  const stored = await api.request("POST", PODS, pod);
  return stored.metadata.uid;
}

async function annotationsOf(
  { kube: { api } }: KubeLab,
  name: string,
): Promise<Record<string, string>> {
  const { metadata } = await api.request("GET", `${PODS}/${name}`);
  return metadata.annotations;
}
