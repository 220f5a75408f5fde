import type { Namespace } from "../../test/harness/namespace.ts";
import { pinNapiThread } from "../duts/placements.ts";
import { setGro, writeLinkAttribute } from "../duts/topology.ts";

/** An interface, and the network namespace it is in. */
export interface Link {
  namespace: Namespace;
  ifname: string;
}

/** The interfaces of an agent with its pods. */
export interface Links {
  /** The host ends: ports of the agent. */
  ports: readonly Link[];
  /** The ends inside pods. */
  pods: readonly Link[];
}

/** Something that an operator can set on interfaces, beside the agent. */
export interface LinkSetting {
  /** As one would do it by hand. */
  text: string;
  /** @throws Error with the words of the kernel or the program that refuses */
  apply(links: Links): Promise<void>;
}

/** Generic receive offload of the interface inside each pod; off on a new veth. */
export const groInPods: LinkSetting = {
  text: "ethtool -K eth0 gro on, inside the pods",
  apply: ({ pods }) => onEach(pods, ({ namespace, ifname }) => setGro(namespace, ifname, true)),
};

/** The NAPI of each port in a thread on one CPU, instead of in the softirq of the sender. */
export function threadedNapi(cpu: number): LinkSetting {
  return {
    text: `/sys/class/net/PORT/threaded: 1, threads on CPU ${cpu}`,
    async apply({ ports }) {
      await write(ports, "threaded", "1");
      await onEach(ports, ({ ifname }) => pinNapiThread(ifname, cpu));
    },
  };
}

/** Receive packet steering of each port to one CPU. */
export function steering(cpu: number): LinkSetting {
  const mask = (1 << cpu).toString(16);
  const attribute = "queues/rx-0/rps_cpus";
  return {
    text: `/sys/class/net/PORT/${attribute}: ${mask}`,
    apply: ({ ports }) => write(ports, attribute, mask),
  };
}

/** Interrupts put off for busy polling, as the kernel's NAPI document has it. */
export const deferredInterrupts: LinkSetting = {
  text: "/sys/class/net/PORT/napi_defer_hard_irqs: 2, gro_flush_timeout: 200000",
  async apply({ ports }) {
    await write(ports, "napi_defer_hard_irqs", "2");
    await write(ports, "gro_flush_timeout", "200000");
  },
};

function write(links: readonly Link[], attribute: string, value: string): Promise<void> {
  return onEach(links, ({ namespace, ifname }) =>
    writeLinkAttribute(namespace, ifname, attribute, value),
  );
}

async function onEach(links: readonly Link[], work: (link: Link) => Promise<void>): Promise<void> {
  for (const link of links) await work(link);
}
