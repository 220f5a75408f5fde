import { existsSync } from "node:fs";
import { join } from "node:path";
import { startAgent } from "../../test/harness/agent-process.ts";
import { startContainerd } from "../../test/harness/cri/containerd.ts";
import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import { REFERENCE_PLUGINS } from "../../test/harness/paths.ts";
import type { Scope } from "../../test/harness/scope.ts";

export type SubjectName = "millrace" | "bridge" | "bridge-portmap";

/** A containerd on a node of its own, whose pods get their network from one chain of plugins. */
export interface Runtime {
  subject: SubjectName;
  /** Runs the sandbox of a pod. Returns its ID. */
  run(pod: string): Promise<string>;
  /** Stops a sandbox: the network goes and the processes end. */
  stop(id: string): Promise<void>;
  remove(id: string): Promise<void>;
}

/** The newest version that Debian 12's reference plugins know. */
const cniVersion = "1.0.0";
const subnet = "10.67.0.0/16";

/** Starts containerd with our plugin, and its agent. */
export async function startMillraceRuntime(scope: Scope): Promise<Runtime> {
  const node = await createNamespace(scope, "sandbox-millrace");
  const [agentSocket, spoolDir] = [join(scope.dir, "agent.sock"), join(scope.dir, "spool")];
  const ours = { type: "millrace", network: "bench", agentSocket, spoolDir };
  const runtime = await startRuntime(scope, "millrace", node, [ours]);
  // After containerd, whose sandboxes it would not see otherwise.
  const networks = [{ name: "bench", nodePrefixes: [subnet] }];
  const config = { log: { level: "warn" }, networks, spoolDir };
  await startAgent(scope, { namespace: node, config });
  return runtime;
}

/**
 * Starts containerd with Debian's plugins; null when they are not installed.
 * @param subject bridge with host-local addresses; or those two as flannel's plugin delegates to
 *   them, with portmap after it as flannel is installed
 */
export async function startReferenceRuntime(
  scope: Scope,
  subject: Exclude<SubjectName, "millrace">,
): Promise<Runtime | null> {
  const dataDir = join(scope.dir, `${subject}-addresses`);
  const asFlannel = { hairpinMode: true, isDefaultGateway: true, mtu: 1450 };
  const bridge = {
    ...{ type: "bridge", bridge: "bench0", isGateway: true },
    ...(subject === "bridge-portmap" && asFlannel),
    ipam: { type: "host-local", ranges: [[{ subnet }]], dataDir },
  };
  const portmap = { type: "portmap", capabilities: { portMappings: true } };
  const plugins = subject === "bridge" ? [bridge] : [bridge, portmap];
  if (plugins.some(({ type }) => !existsSync(join(REFERENCE_PLUGINS, type)))) return null;
  const node = await createNamespace(scope, `sandbox-${subject}`);
  return await startRuntime(scope, subject, node, plugins);
}

async function startRuntime(
  scope: Scope,
  subject: SubjectName,
  node: Namespace,
  plugins: readonly object[],
): Promise<Runtime> {
  const conflists = { "10-bench.conflist": { cniVersion, name: "bench", plugins } };
  const containerd = await startContainerd(scope, { node, name: `${subject}-cri`, conflists });
  const { cri, cgroup } = containerd;
  return {
    subject,
    run: (pod) =>
      cri.run({
        metadata: { name: pod, uid: pod, namespace: "bench", attempt: 0 },
        ...{ hostname: pod, port_mappings: [], annotations: {} },
        linux: { cgroup_parent: cgroup },
      }),
    stop: cri.stop,
    remove: cri.remove,
  };
}
