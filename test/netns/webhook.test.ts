import { expect } from "vitest";
import { whatOpensslLacks } from "../fixtures/certificates.ts";
import { type KubeLab, kubeScenario } from "../fixtures/kube-lab.ts";
import { until } from "../fixtures/kube-wait.ts";
import { createDefinition, defineDefinitions, limitsOf, webhookLab } from "../fixtures/webhook.ts";

const NETWORKS = "k8s.v1.cni.cncf.io/networks";
const FAST = "millrace.io/fast";
const CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";

kubeScenario(
  "pods of a real API server are stored with the resources that their networks need",
  async (lab) => {
    const { api } = lab.kube;
    const webhook = await webhookLab(lab);
    const { output } = await webhook.start();
    await webhook.untilAsked();
    const { createPod } = webhook;

    // As long as Multus is not there nobody reads the annotation, so the pod is not wrong.
    expect(limitsOf(await createPod("early", { [NETWORKS]: "fast" }))).toBeUndefined();
    await until("it is said", output, (log) =>
      log.includes("the cluster knows no network-attachment-definitions"),
    );
    await defineDefinitions(api);
    await createDefinition(api, "fast", { resourceName: FAST, nodeSelector: "zone=a" });
    await createDefinition(api, "plain", {});

    await createPod("upf", { [NETWORKS]: "fast, fast@net2, plain", "millrace.io/vfs": "dpdk=3" });
    const { spec } = await api.request("GET", "/api/v1/namespaces/default/pods/upf");
    const needs = { [FAST]: "2", "millrace.io/dpdk": "3" };
    expect(spec.nodeSelector).toEqual({ zone: "a" });
    expect(spec.containers).toMatchObject([{ resources: { limits: needs, requests: needs } }, {}]);
    expect(spec.containers[1].resources).toEqual({});

    const json = JSON.stringify([{ name: "fast", namespace: "default" }]);
    const author = { name: "app", image: "app", resources: { limits: { [FAST]: "4", cpu: "1" } } };
    const enough = await createPod("enough", { [NETWORKS]: json }, { containers: [author] });
    expect(enough.spec.containers[0].resources.limits).toEqual({ [FAST]: "4", cpu: "1" });
    expect(limitsOf(await createPod("plain", { [NETWORKS]: "plain" }))).toBeUndefined();

    await expect(createPod("typo", { [NETWORKS]: "fats" })).rejects.toThrow(
      `${NETWORKS} = \\"default/fats\\": there is no NetworkAttachmentDefinition fats in namespace default`,
    );
    await expect(createPod("odd", { "millrace.io/vfs": "fast=no" })).rejects.toThrow(
      /HTTP 400: .*webhook.millrace.io.* denied the request: millrace.io\/vfs = /,
    );
    const elsewhere = createPod("away", { [NETWORKS]: "fast" }, { nodeSelector: { zone: "b" } });
    await expect(elsewhere).rejects.toThrow("default/fast is only on nodes with zone");

    await throughTwice(lab);
    await webhook.untilAsked();
    expect(limitsOf(await createPod("twice", { [NETWORKS]: "fast,fast" }))).toEqual({
      [FAST]: "2",
    });
    await until("the second time", output, (log) =>
      /"pod":"twice".*"msg":"pod unchanged"/.test(log),
    );
  },
  { lacks: async () => whatOpensslLacks() },
);

/** Has each pod sent once more, as after a change by another webhook. */
async function throughTwice({ kube: { api } }: KubeLab): Promise<void> {
  const { webhooks } = await api.request("GET", `${CONFIGURATIONS}/millrace-webhook`);
  const again = [{ ...webhooks[0], name: "again.millrace.io" }];
  await api.request("POST", CONFIGURATIONS, { metadata: { name: "z-again" }, webhooks: again });
}
