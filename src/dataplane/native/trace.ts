export interface TraceRequest {
  port: number;
  /** Without prefix length, same family. */
  source: string;
  destination: string;
  /** "" to take the gateway of a routed network or the known host of a bridged one. */
  destinationMac: string;
  vlan: number;
  protocol: "udp" | "tcp" | "icmp";
  sourcePort: number;
  destinationPort: number;
  /** Bytes of the IP packet. */
  length: number;
  ttl: number;
}

export interface TraceStep {
  /** Name of the graph node. */
  node: string;
  /** What the node looked at and found: the entry that decided. */
  facts: Record<string, string | number>;
}

export interface TraceResult {
  steps: TraceStep[];
  verdict: "sent" | "dropped" | "answered" | "waiting" | "flooded";
  /** Where it leaves; empty when it does not. */
  ports: number[];
  /** Drop reason, or "". */
  reason: string;
  /** The frame as it leaves, hexadecimal; "" when it does not. */
  frame: string;
  /**
   * Whether the flow lane forwards such packets, so that the nodes do not see them: `known`; `new`:
   * it will when one has passed; `no-flow`: it never does; `off`: the port has none.
   */
  lane: "known" | "new" | "no-flow" | "off";
}
