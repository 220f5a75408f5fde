import type { FrameSpec, Mac } from "../frames/types.ts";
import type { Lane } from "../trial/types.ts";
import type { Task } from "./dut.ts";
import { bare, receiver, sender, type Topology } from "./topology.ts";
import { farPod, farRouter, outerBytes, tunnelToDut } from "./tunnel.ts";

/** Of frames as they are sent; who routes takes one away. */
export const sentTtl = 64;
export const routedTtl = sentTtl - 1;

/** First destination of the test prefix: the low 16 bits tell flows apart. */
const destination = "10.2.0.0";
/** Discard, RFC 863. */
const discardPort = 9;
const firstSourcePort = 1024;

const addedBytes: Record<Task, number> = {
  route: 0,
  bridge: 0,
  "vxlan-encap": outerBytes,
  "vxlan-decap": -outerBytes,
};

/** Addresses of test frames; of the inner ones where they come out of a tunnel. */
interface Addresses {
  /** Where frames go first. */
  to: Mac;
  /** The sender's own unless the device gave it another. */
  from?: Mac;
  /** IPv4 address. */
  source?: string;
}

/**
 * The lane of a device that stands between the sender and the receiver of a topology.
 * @param ttl that frames arrive with
 */
export function layLane(topology: Topology, task: Task, ttl: number, to: Addresses): Lane {
  return {
    tx: { netns: topology.sender.name, ifname: sender.ifname },
    rx: { netns: topology.receiver.name, ifname: receiver.ifname },
    frame: task === "vxlan-decap" ? tunnelledFrame(to) : plainFrame(to),
    flowFields: ["destination-address", "source-port"],
    arrival: { ttl, addedBytes: addedBytes[task] },
  };
}

function plainFrame({
  to,
  from = sender.mac,
  source = bare(sender.address),
}: Addresses): FrameSpec {
  return {
    ethernet: { source: from, destination: to },
    ip: { source, destination, ttl: sentTtl },
    l4: { protocol: "udp", sourcePort: firstSourcePort, destinationPort: discardPort },
  };
}

function tunnelledFrame({ to }: Addresses): FrameSpec {
  const inner = plainFrame({ to, from: farRouter.mac, source: farPod });
  return { ...inner, tunnel: tunnelToDut };
}
