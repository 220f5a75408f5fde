import type { AgentProcess } from "../../test/harness/agent-process.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import type { Dut } from "./dut.ts";

/** The dataplane of a device, and the namespace that its ports are in. */
export interface Host {
  agent: AgentProcess;
  namespace: Namespace;
}

/** A device that other pods may join and leave while it forwards. */
export interface HostingDut {
  host: Host;
}

export function isHosting(dut: Dut): dut is Dut & HostingDut {
  return "host" in dut;
}
