import { whatIsMissing } from "../../test/fixtures/needs.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Dut, Task } from "./dut.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, sentTtl } from "./lane.ts";
import {
  acceptRedirected,
  addAddress,
  createTopology,
  join,
  receiver,
  sender,
  underlayMtu,
} from "./topology.ts";

/** The sender's veth ends at the receiver: what generator and sink can do together. */
export const none = {
  name: "none",
  tasks: ["bridge", "route", "vxlan-encap", "vxlan-decap"],
  sources: bothSources,
  summary: "no device: sender and receiver are the ends of one veth pair",
  missing: async () => whatIsMissing(["root", "ethtool"]) || null,
  async start(scope: Scope, task: Task): Promise<Dut> {
    const topology = await createTopology(scope, `none-${task}`);
    const { sender: from, receiver: to } = topology;
    await join({ namespace: from, ...sender }, { namespace: to, ...receiver }, underlayMtu);
    await addAddress(from, sender);
    await addAddress(to, receiver);
    await acceptRedirected(to);
    return {
      name: "none",
      description: "no device, one veth pair",
      lane: {
        ...layLane(topology, task, sentTtl, { to: receiver.mac }),
        // Whatever others do to such frames, here they stay as they are.
        arrival: { ttl: sentTtl, addedBytes: 0 },
      },
      placements: () => ["no device"],
      prepare: async () => {},
      rest: async () => {},
    };
  },
} as const satisfies DutKind;
