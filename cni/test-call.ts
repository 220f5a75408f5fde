import type {
  Attacher,
  Attachment,
  AttachRequest,
  CheckRequest,
  VfAttachment,
  VfAttachRequest,
} from "./attacher.ts";
import type { CniRequest } from "./request.ts";
import { parseRequest } from "./request.ts";

/** Tests have no pod: the own network namespace stands in, as CNI_NETNS_OVERRIDE allows. */
export const NETNS = "/proc/self/ns/net";

export interface TestCall {
  command?: string;
  env?: Record<string, unknown>;
  /** Merged into a minimal configuration; a string is sent as it is. */
  config?: Record<string, unknown> | string;
}

/** A complete ADD of eth0 of pod1 to the network blue, with whatever the test changes. */
export function callBody({ command = "ADD", env = {}, config = {} }: TestCall = {}) {
  const minimal = { cniVersion: "1.1.0", name: "blue", type: "millrace" };
  return {
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: "pod1",
      CNI_NETNS: NETNS,
      CNI_NETNS_OVERRIDE: "1",
      CNI_IFNAME: "eth0",
      CNI_PATH: "/opt/cni/bin",
      ...env,
    },
    config: typeof config === "string" ? config : JSON.stringify({ ...minimal, ...config }),
  };
}

export function request(call: TestCall = {}): CniRequest {
  return parseRequest(callBody(call));
}

export const ATTACHMENT: Attachment = {
  containerId: "pod1",
  ifname: "eth0",
  network: "blue",
  netns: NETNS,
  hostName: "mr0123456789",
  hostMac: "02:00:00:00:00:01",
  podMac: "02:00:00:00:00:02",
  mtu: 1450,
  addresses: [
    { address: "10.1.0.2/32", gateway: "10.1.0.1" },
    { address: "fd00:1::2/128", gateway: "fd00:1::1" },
  ],
  routes: [
    { dst: "0.0.0.0/0", gw: "10.1.0.1" },
    { dst: "::/0", gw: "fd00:1::1" },
  ],
  alias: "millrace:pod1:eth0",
  createdAt: "2026-01-01T00:00:00Z",
  bootId: "00000000-0000-0000-0000-000000000000",
  pod: null,
};

export const VF_ATTACHMENT: VfAttachment = {
  mode: "vf",
  containerId: "pod1",
  ifname: "eth0",
  network: "",
  netns: NETNS,
  podMac: "02:00:00:00:00:05",
  mtu: 1500,
  addresses: [],
  routes: [],
  pool: "millrace.io/fast",
  vf: {
    ...{ address: "0000:3b:02.1", pf: "0000:3b:00.0", index: 1, owner: "pod1:eth0" },
    ...{ generation: 1, bootId: "boot", netns: NETNS, ifname: "eth0", knobs: {} },
    ...{ settings: null, netdev: null },
  },
  createdAt: "2026-01-01T00:00:00Z",
  bootId: "boot",
  pod: null,
};

/** Remembers what it was asked and answers what the test sets. */
export class RecordingAttacher implements Attacher {
  readonly calls: [string, ...unknown[]][] = [];
  attachment: Attachment = ATTACHMENT;
  vfAttachment: VfAttachment = VF_ATTACHMENT;
  differences: string[] = [];
  state = { ready: true, degraded: false, reason: "" };
  failure: unknown = null;

  async attach(asked: AttachRequest): Promise<Attachment> {
    this.record("attach", asked);
    return this.attachment;
  }

  async attachVf(asked: VfAttachRequest): Promise<VfAttachment> {
    this.record("attachVf", asked);
    return this.vfAttachment;
  }

  async detach(containerId: string, ifname: string): Promise<void> {
    this.record("detach", containerId, ifname);
  }

  async check(asked: CheckRequest): Promise<string[]> {
    this.record("check", asked);
    return this.differences;
  }

  async collect(configName: string, valid: { containerId: string; ifname: string }[]) {
    this.record("collect", configName, valid);
  }

  async status(network: string, pool: string) {
    this.record("status", network, pool);
    return this.state;
  }

  private record(...call: [string, ...unknown[]]): void {
    this.calls.push(call);
    if (this.failure !== null) throw this.failure;
  }
}
