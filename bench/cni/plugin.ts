import { existsSync } from "node:fs";
import { join } from "node:path";
import { startAgent } from "../../test/harness/agent-process.ts";
import type { CniCall, CniVerb } from "../../test/harness/cni-call.ts";
import { createNamespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { Child } from "../lib/child.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import type { AnswerLine, CallLine } from "./caller.ts";

export type PluginName = "millrace" | "ptp" | "bridge";

/** Where Debian's containernetworking-plugins installs the reference plugins. */
const referenceDirectory = "/usr/lib/cni";

/** The newest version all three speak: Debian 12's reference plugins know no 1.1.0. */
const cniVersion = "1.0.0";

/** One plugin on a node of its own. */
export interface Plugin {
  subject: PluginName;
  /** Attaches or detaches one pod. Returns milliseconds. @throws Error with the plugin's words */
  call(verb: CniVerb, containerId: string, netns: string): Promise<number>;
}

/** Millrace's shim with its agent, in a node namespace. */
export async function startMillracePlugin(scope: Scope): Promise<Plugin> {
  const node = await createNamespace(scope, "cni-millrace");
  const config = {
    log: { level: "warn" },
    networks: [{ name: "bench", nodePrefixes: ["10.60.0.0/16"] }],
  };
  const agent = await startAgent(scope, { namespace: node, name: "cni", config });
  // The agent leads a session of its own; the peers' executables run in ours, which is raised.
  raiseSessionOf(agent.pid);
  return startCaller(scope, node.name, "millrace", { socket: agent.socket });
}

/** A reference plugin with host-local addresses; null when it is not installed. */
export async function startReferencePlugin(
  scope: Scope,
  subject: "ptp" | "bridge",
): Promise<Plugin | null> {
  const executable = join(referenceDirectory, subject);
  if (!existsSync(executable)) return null;
  const node = await createNamespace(scope, `cni-${subject}`);
  const subnet = subject === "ptp" ? "10.61.0.0/16" : "10.62.0.0/16";
  const dataDir = join(scope.dir, `${subject}-addresses`);
  const config = {
    type: subject,
    ipam: { type: "host-local", ranges: [[{ subnet }]], dataDir },
    ...(subject === "bridge" && { bridge: "bench0", isGateway: true }),
  };
  return startCaller(scope, node.name, subject, { executable, config });
}

async function startCaller(
  scope: Scope,
  node: string,
  subject: PluginName,
  own: Partial<CniCall>,
): Promise<Plugin> {
  const script = join(import.meta.dirname, "caller.ts");
  const caller = await Child.startInside(node, process.execPath, [script]);
  scope.cleanup.use(caller);
  return {
    subject,
    async call(verb, containerId, netns) {
      const common = { socket: "", network: "bench", cniVersion, containerId, netns };
      const line: CallLine = { verb, call: { ...common, ...own } };
      const answer = JSON.parse(await caller.ask(JSON.stringify(line))) as AnswerLine;
      if (answer.exitCode === 0) return answer.ms;
      throw new Error(`${subject}: ${verb}: ${answer.stderr || answer.stdout}`);
    },
  };
}
