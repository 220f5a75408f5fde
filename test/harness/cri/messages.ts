/** Messages of runtime.proto, as proto-loader gives and takes them. */

export interface RuntimeCondition {
  /** RuntimeReady or NetworkReady. */
  type: string;
  status: boolean;
  reason: string;
  message: string;
}

export interface PortMapping {
  protocol: "TCP" | "UDP" | "SCTP";
  container_port: number;
  host_port: number;
}

export interface PodSandboxConfig {
  metadata: { name: string; uid: string; namespace: string; attempt: number };
  hostname: string;
  port_mappings: PortMapping[];
  annotations: Record<string, string>;
  linux: { cgroup_parent: string };
}

export type SandboxState = "SANDBOX_READY" | "SANDBOX_NOTREADY";

export interface PodSandboxStatusResponse {
  status: {
    id: string;
    state: SandboxState;
    network: { ip: string; additional_ips: { ip: string }[] };
  };
  /** JSON texts by name; containerd's is called "info". */
  info: Record<string, string>;
}

export interface PodSandbox {
  id: string;
  state: SandboxState;
}
