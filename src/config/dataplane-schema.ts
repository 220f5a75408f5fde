import { z } from "zod";
import { integer, list, oneOf, powerOfTwo } from "./fields.ts";
import { MAX_QUEUES } from "./network-schema.ts";

/** Frames the FILL ring of an idle port holds: NAPI hands over 64 packets per poll. */
export const IDLE_FILL = 64;

// Linux refuses an XDP_MAX_TX_SKB_BUDGET below its own batch of 32.
const MIN_TX_BUDGET = 32;

const busyPoll = z.strictObject(
  {
    /** SO_BUSY_POLL. */
    usecs: integer(1, 1000, "microseconds"),
    /** SO_BUSY_POLL_BUDGET. */
    budget: integer(1, 1024, "packets"),
  },
  { error: "null or {usecs, budget}" },
);

/** The key `dataplane`: workers, memory and ports. */
export const dataplaneSchema = z.strictObject({
  /** One worker pinned to each CPU named; an empty list is one worker that is not pinned. */
  cpus: list(integer(0, 4095, "CPU number"), "CPU numbers").default([]),
  /**
   * UMEM frames per worker. There is one UMEM for all workers and ports, of `frames` times the
   * number of workers; each worker has its share. Each queue of a port holds some frames in its
   * FILL ring for the kernel to receive into; the others carry what is on its way. When a worker
   * has no free frame left it cannot refill: the kernel then drops what arrives for queues whose
   * FILL ring is empty (counted per port as rx_fill_ring_empty_descs) until transmitted frames come
   * back, and a new port is refused. Nothing is corrupted and nothing waits, but busy ports would
   * starve the others; so there must be enough for `maxPorts` idle queues and a busy one. The
   * memory is resident: 16 MiB per worker by default.
   */
  frames: powerOfTwo(1024, 1048576, "frames per worker").default(8192),
  /**
   * Bytes per frame: XDP headroom, Ethernet header and packet. A packet of an MTU above 1774 (3506
   * with 4096) takes several, see `multiBuffer`.
   */
  frameSize: z.literal([2048, 4096], { error: "2048 or 4096 (bytes per frame)" }).default(2048),
  /** auto: when there are free ones; require: refuse to start without. */
  hugepages: oneOf(["auto", "off", "require"]).default("auto"),
  /** Descriptors in each of the four rings of a port. */
  ringSize: powerOfTwo(64, 16384, "descriptors").default(2048),
  /** Frames a worker takes from a ring at once. */
  batch: integer(1, 64, "frames").default(64),
  /** Packets the kernel may send per kick of a copy-mode port; less than `batch` costs speed. */
  txBudget: integer(MIN_TX_BUDGET, 16384, "packets").default(256),
  /**
   * Ports a worker serves at most; each queue of a port counts for the worker it is on. The default
   * is that of the kubelet for pods on a node.
   */
  maxPorts: integer(1, 4096, "ports per worker").default(110),
  /** Most frames the FILL ring of a busy port grows to; an idle one shrinks to 64. */
  fill: integer(IDLE_FILL, 16384, "frames per port").default(1024),
  /** Empty rounds before a worker stops polling and sleeps until a packet comes. */
  idleRounds: integer(0, 1000000, "rounds").default(64),
  /** ICMP and ICMPv6 errors per second and worker (RFC 1812 4.3.2.8, RFC 4443 2.4 f). */
  icmpPerSecond: integer(0, 1000000, "packets per second").default(1000),
  /** auto: zero-copy, else copy, else generic; a mode named is had or the port is refused. */
  mode: oneOf(["auto", "zero-copy", "copy", "generic"]).default("auto"),
  /** Queues of a pod's link, each way, spread over the workers. A NetConf may ask for others. */
  podQueues: integer(1, MAX_QUEUES, "queues").default(1),
  /** auto: packets that exceed a frame take several (XDP_USE_SG); off: the MTU is at most a frame's. */
  multiBuffer: oneOf(["auto", "off"]).default("auto"),
  /** Preferred busy polling; off by default, on a veth it does nothing. */
  busyPoll: busyPoll.nullable().default(null),
});
