import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { AttachRequest } from "../../cni/attacher.ts";
import { parseConfig } from "../config/load.ts";
import { FakeKernel, FakeNative } from "../dataplane/fake-native.ts";
import { type Agent, createAgent } from "./agent.ts";
import type { VfHost } from "./vf-host.ts";

const NETWORKS = `
networks:
  - name: blue
    nodePrefixes: [10.1.0.0/24, "fd00:1::/64"]
    staticRoutes: [{prefix: 192.168.0.0/16, via: 10.1.0.9}]
  - name: red
    nodePrefixes: [10.2.0.0/29]
    mtu: 1400
`;

/** A node for tests: a kernel and a state directory that agents come and go on. */
export class Node {
  readonly kernel = new FakeKernel();
  /** Of the node itself. */
  addresses: string[] = ["192.0.2.1", "2001:db8::1"];
  /** Of its interfaces. */
  readonly interfaces = new Map<string, string[]>();
  /** What its agents wrote to the log, of level info and above. */
  readonly lines: Record<string, unknown>[] = [];
  readonly #dirs: string[] = [];
  readonly #agents: Agent[] = [];
  readonly #dead: FakeNative[] = [];
  #stateDir: string;
  native = new FakeNative(this.kernel);
  /** VFs of the node, as each of its agents sees them; those of the machine when null. */
  vfHost: (() => VfHost) | null = null;

  constructor() {
    this.#stateDir = this.#newDir();
    for (let n = 0; n < 100; n++) this.kernel.namespaces.add(netnsOf(n));
  }

  get stateDir(): string {
    return this.#stateDir;
  }

  /** Starts an agent; the one before must have been stopped or have crashed. */
  async start(extra = "", networks = NETWORKS): Promise<Agent> {
    this.native = new FakeNative(this.kernel);
    const text = `stateDir: ${this.#stateDir}\n${extra}\n${networks}`;
    const config = parseConfig(text, "test.yaml", { cpus: [0, 1] });
    const agent = await createAgent(config, {
      log: pino({ level: "info" }, { write: (line) => void this.lines.push(JSON.parse(line)) }),
      native: this.native,
      addresses: () => this.addresses,
      ...(this.vfHost && { vfs: this.vfHost() }),
      addressesOf: (ifname) => this.interfaces.get(ifname) ?? [],
    });
    this.#agents.push(agent);
    return agent;
  }

  /** The agent dies: nothing it asked for happens any more, and the journal is what it is now. */
  crash(): void {
    this.native.crash();
    this.#dead.push(this.native);
    const dir = this.#newDir();
    cpSync(this.#stateDir, dir, { recursive: true });
    // The dead agent of a test is this very process, which the PID file would say is alive.
    rmSync(join(dir, "agent.pid"));
    this.#stateDir = dir;
  }

  async cleanUp(): Promise<void> {
    for (const native of this.#dead) native.bury();
    for (const agent of this.#agents) await agent.stop().catch(() => {});
    for (const dir of this.#dirs) rmSync(dir, { recursive: true, force: true });
  }

  #newDir(): string {
    const dir = mkdtempSync(join(tmpdir(), "mr-node-"));
    this.#dirs.push(dir);
    return dir;
  }
}

const netnsOf = (n: number) => `/run/netns/pod${n}`;

/** A request for pod `n` of network blue. */
export function request(n: number, more: Partial<AttachRequest> = {}): AttachRequest {
  const containerId = `pod${n}`;
  return {
    containerId,
    ifname: "net1",
    netns: netnsOf(n),
    network: "blue",
    configName: "blue-net",
    pod: { namespace: "default", name: containerId, uid: "" },
    ...more,
  };
}
