import { type Command, Option } from "commander";
import type { WebhookCommandOptions } from "./run-webhook.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

const append = (value: string, before: string[] = []) => [...before, value];

export function addWebhookCommand(program: Command): void {
  program
    .command("webhook")
    .description("run the admission webhook: annotations of pods become requests for VFs")
    .requiredOption("--tls-cert <file>", "serving certificate and its chain, PEM; followed")
    .requiredOption("--tls-key <file>", "key of the certificate, PEM; followed")
    .option("--listen <address>", '"HOST:PORT", or ":PORT" for all addresses', ":8443")
    .option("--kubeconfig <file>", "how to reach the API (default: the service account of the pod)")
    .option("--configuration <name>", "MutatingWebhookConfiguration whose CA bundle follows --ca")
    .option("--ca <file>", "PEM file of the authorities for --configuration; followed")
    .addOption(
      new Option("--on-error <what>", "what becomes of a pod whose networks cannot be looked up")
        .choices(["allow", "refuse"])
        .default("allow"),
    )
    .option(
      "--ignore-namespace <name>",
      "whose pods are left alone, besides kube-system; may be repeated",
      append,
    )
    .option(
      "--multus-namespace <name>",
      "where Multus looks for a default network named without namespace",
      "kube-system",
    )
    .addOption(new Option("--log-level <level>", "what is logged").choices(LEVELS).default("info"))
    .action(async (options: WebhookCommandOptions) => {
      // The library for the Kubernetes API takes half a second to load.
      const { runWebhook } = await import("./run-webhook.ts");
      await runWebhook(options);
    });
}
