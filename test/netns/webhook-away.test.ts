import { expect } from "vitest";
import { whatOpensslLacks } from "../fixtures/certificates.ts";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { until } from "../fixtures/kube-wait.ts";
import {
  createDefinition,
  createObject,
  defineDefinitions,
  limitsOf,
  webhookLab,
} from "../fixtures/webhook.ts";

const ASKS = { "k8s.v1.cni.cncf.io/networks": "fast" };
const LIMITS = { "millrace.io/fast": "1" };
const CONFIGURATION =
  "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/millrace-webhook";
const BINDING = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/millrace-webhook";

kubeScenario(
  "pods are created whatever is away, and get their resources again when it is back",
  async (lab) => {
    const { api } = lab.kube;
    const webhook = await webhookLab(lab);
    await defineDefinitions(api);
    await createDefinition(api, "fast", { resourceName: "millrace.io/fast" });
    const { createPod } = webhook;

    // The webhook has not been started yet.
    expect(limitsOf(await createPod("before", ASKS))).toBeUndefined();
    let { output, stop } = await webhook.start();
    await webhook.untilAsked();
    expect(limitsOf(await createPod("with", ASKS))).toEqual(LIMITS);

    // The API server is killed and started again: connections to it are dead.
    await lab.kube.stop();
    await lab.kube.start();
    await webhook.untilAsked();
    expect(limitsOf(await createPod("restarted", ASKS))).toEqual(LIMITS);

    // An authority that nobody knew before signs the certificate.
    const bundleOf = async () =>
      (await api.request("GET", CONFIGURATION)).webhooks[0].clientConfig.caBundle;
    const before = await bundleOf();
    const files = await webhook.makeCertificates();
    webhook.volume.write(files);
    await until("the bundle is another", bundleOf, (bundle) => bundle !== before);
    expect(await bundleOf()).toBe(Buffer.from(files["ca.crt"] ?? "").toString("base64"));
    await until("the certificate is another", output, (log) => log.includes("replaced"));
    await webhook.untilAsked();
    expect(limitsOf(await createPod("renewed", ASKS))).toEqual(LIMITS);

    // The webhook may not read definitions any more.
    const binding = await api.request("GET", BINDING);
    await api.request("DELETE", BINDING);
    const pods = ["forbidden-1", "forbidden-2", "forbidden-3"];
    const tryNext = () => createPod(pods.shift() ?? "", ASKS);
    await until("it may not", tryNext, (pod) => limitsOf(pod) === undefined);
    await until("it is said", output, (log) => log.includes("HTTP 403: network-attachment-def"));
    const { roleRef, subjects, apiVersion, kind } = binding;
    const metadata = { name: binding.metadata.name };
    await createObject(api, { apiVersion, kind, metadata, roleRef, subjects });

    await stop();
    expect(limitsOf(await createPod("without", ASKS))).toBeUndefined();
    ({ output, stop } = await webhook.start("--on-error", "refuse"));
    await webhook.untilAsked();
    expect(limitsOf(await createPod("after", ASKS))).toEqual(LIMITS);
    await api.request("DELETE", BINDING);
    const refused = () =>
      createPod("refused", ASKS).then(
        () => "",
        (error: Error) => error.message,
      );
    const answer = await until("it may not again", refused, (text) => text !== "");
    expect(answer).toContain("HTTP 503");
    expect(answer).toContain("the pod's networks could not be looked up, try again: HTTP 403");
  },
  { lacks: async () => whatOpensslLacks() },
);
