import { openWebhook, type WebhookOptions } from "../kube/webhook/webhook.ts";
import { createLogger } from "../telemetry/log.ts";
import { stopSignal } from "./stop-signal.ts";

/** As commander names them. */
export interface WebhookCommandOptions {
  tlsCert: string;
  tlsKey: string;
  listen: string;
  kubeconfig?: string;
  configuration?: string;
  ca?: string;
  onError: "allow" | "refuse";
  ignoreNamespace?: string[];
  multusNamespace: string;
  logLevel: string;
}

/** What the cluster itself needs runs there, and must come up without us. */
const SYSTEM_NAMESPACE = "kube-system";

/**
 * Runs the admission webhook until SIGTERM or SIGINT.
 * @throws Error in words when an option is refused or it does not start
 */
export async function runWebhook(command: WebhookCommandOptions): Promise<void> {
  const options = toWebhookOptions(command);
  const log = createLogger(command.logLevel);
  const stopped = stopSignal(log, "requests under way are cut off");
  const webhook = await openWebhook(options, log);
  log.info({ listen: options.listen, port: webhook.port }, "listening");
  await stopped;
  log.info("stopping");
  await webhook.close();
  log.info("stopped");
}

/** @throws Error that names the option, its value and what is accepted */
export function toWebhookOptions(command: WebhookCommandOptions): WebhookOptions {
  const { tlsCert, tlsKey, listen, kubeconfig, onError, multusNamespace } = command;
  checkListen(listen);
  return {
    ...{ tlsCert, tlsKey, listen, kubeconfig, onError, multusNamespace },
    ignoredNamespaces: [SYSTEM_NAMESPACE, ...(command.ignoreNamespace ?? [])],
    caBundle: caBundleOf(command),
  };
}

function checkListen(listen: string): void {
  const [, port] = /^(?:\[[0-9a-fA-F:.]+\]|[^:[\]]*):(\d{1,5})$/.exec(listen) ?? [];
  if (port !== undefined && Number(port) <= 65_535) return;
  const accepted = 'accepted: "HOST:PORT", "[IPV6]:PORT", or ":PORT" for all addresses';
  throw new Error(`--listen ${JSON.stringify(listen)}; ${accepted}`);
}

function caBundleOf({ ca, configuration }: WebhookCommandOptions): WebhookOptions["caBundle"] {
  if (ca !== undefined && configuration !== undefined) return { ca, configuration };
  if (ca === undefined && configuration === undefined) return undefined;
  const [given, missing] =
    ca === undefined ? ["--configuration", "--ca"] : ["--ca", "--configuration"];
  throw new Error(`${given} without ${missing}; accepted: both or none`);
}
