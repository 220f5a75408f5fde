import type { Attacher } from "../../cni/attacher.ts";
import { type Agent, createAgent } from "../agent/agent.ts";
import { cniHandler, serveCni } from "../api/cni.ts";
import { type ApiServer, openApi, openMetrics } from "../api/server.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { annotating } from "../kube/pods/annotating-attacher.ts";
import { noteOf } from "../kube/pods/note.ts";
import { podAnnotator } from "../kube/pods/pod-annotator.ts";
import type { AttachmentRecord } from "../store/records.ts";
import { createLogger, type Logger } from "../telemetry/log.ts";
import { createMetrics, type MetricSources, type Metrics } from "../telemetry/metrics.ts";
import { stopSignal } from "./stop-signal.ts";

type Stop = () => Promise<void>;

const LAST_MS = 500;

/**
 * Runs the agent until SIGTERM or SIGINT, then stops its parts in reverse. A signal that comes
 * during the start stops the agent as soon as it has started.
 * @throws Error in words when the configuration is refused or a part does not start
 */
export async function runAgent(configFile: string): Promise<void> {
  const config = loadConfig(configFile);
  const log = createLogger(config.log.level);
  const stopped = stopSignal(log, "the next start cleans up");
  await using parts = new AsyncDisposableStack();
  const api = await openApi({ socket: config.socket, log });
  parts.defer(api.close);
  await startParts(config, log, api, (stop) => parts.defer(stop));
  log.info({ socket: config.socket, metrics: config.metrics.listen }, "listening");
  await stopped;
  log.info("stopping");
  await parts.disposeAsync();
  log.info("stopped");
  // A connection to a store that nobody answers cannot be called off and would hold the process for
  // minutes; where nothing holds it, it ends before.
  setTimeout(() => process.exit(), LAST_MS).unref();
}

async function startParts(
  config: Config,
  log: Logger,
  api: ApiServer,
  defer: (stop: Stop) => void,
): Promise<void> {
  const agent = await createAgent(config, { log });
  defer(() => agent.stop());
  const { view, forwarding, overlay, vfs } = agent;
  const metrics = createMetrics(view, metricSources(agent, config));
  countSpooled(agent, metrics, log);
  if (config.metrics.listen !== "unix") defer(await openMetrics(config.metrics.listen, metrics));
  api.serve({
    view,
    forwarding,
    overlay,
    vfs,
    metrics,
    cni: cniHandler(attacherOf(agent, config, log, defer), metrics, log),
  });
  // Last in, first out: calls under way finish before the agent stops, new ones are refused.
  defer(api.close);
}

/** Has spooled DELs take over the totals of ports before these go, as those of the API do. */
export function countSpooled(agent: Agent, metrics: Metrics, log: Logger): void {
  agent.serveSpool((attacher) => (body) => serveCni(body, attacher, metrics, log));
}

function attacherOf(
  { attacher, view }: Agent,
  { podAnnotations }: Config,
  log: Logger,
  defer: (stop: Stop) => void,
): Attacher {
  if (podAnnotations === undefined) return attacher;
  const annotator = podAnnotator(podAnnotations.kubeconfig, log);
  defer(() => annotator.close());
  const describe = (record: AttachmentRecord) => noteOf(record, (key) => view.portMode(key));
  return annotating(attacher, describe, (...told) => annotator.tell(...told));
}

/** An agent without a fabric must not look like one whose store is away. */
export function metricSources(
  { forwarding, overlay, paths, vfs }: Pick<Agent, "forwarding" | "overlay" | "paths" | "vfs">,
  { fabric }: Pick<Config, "fabric">,
): MetricSources {
  const mirror = () => forwarding.mirror();
  const always = { mirror, vfs };
  return fabric === undefined ? always : { ...always, overlay: () => overlay.counts(), paths };
}
