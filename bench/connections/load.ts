import { Child } from "../lib/child.ts";
import { builtFile } from "../traffic/tools.ts";
import type { Delays } from "../trial/types.ts";

const port = 5202;
const startMs = 5000;

/**
 * What a connection is for: "crr" is connect, request, response, close, one byte each way, as
 * netperf's TCP_CRR; "cc" is connect, close, as its TCP_CC. The server closes first.
 */
export type Transaction = "crr" | "cc";

export interface ConnectionLoad {
  transaction: Transaction;
  /** Connections open at a time, 1 to 4096. */
  concurrency: number;
  /** Connections per second; null: a new one as soon as one has ended. */
  rate: number | null;
  /** Before the window, and length of the window. */
  warmUpSeconds: number;
  seconds: number;
  /** A connection that takes longer is given up. Default 3: a lost SYN comes again after one. */
  timeoutSeconds?: number;
}

/** Where the two pods run; null: wherever the scheduler puts them. */
export interface PodCpus {
  client: number | null;
  server: number | null;
}

/** What became of the connections of a window. */
export interface Connections {
  seconds: number;
  opened: number;
  completed: number;
  /** By the name of the error, e.g. ECONNREFUSED; "timeout"; "no-answer" for an early close. */
  failed: Record<string, number>;
  /** Still open at the end, and then reset. */
  unfinished: number;
  /** SYNs and requests that were sent again. */
  retransmits: number;
  /** Source ports passed over, because their last connection had not ended. */
  busyPorts: number;
  /** From connect() until the handshake was done, and until the close was read; null without any. */
  connect: Delays | null;
  transaction: Delays | null;
}

/** The way between the pods, as much of it as sockets need to know. */
export interface Pods {
  client: { name: string };
  server: { name: string };
  /** Of the serving pod. */
  address: string;
}

/** Starts the server of a way; who calls ends it. @throws Error when it cannot listen */
export async function startConnectionServer(
  pods: Pods,
  transaction: Transaction,
  cpus: PodCpus,
): Promise<Child> {
  const args = ["serve", "--listen", endpoint(pods), "--transaction", transaction];
  const server = await start(pods.server.name, [...args, ...pinned(cpus.server)]);
  await server.line(startMs);
  return server;
}

/** Starts the client of a way and waits until its window begins. */
export async function startConnections(
  pods: Pods,
  load: ConnectionLoad,
  cpus: PodCpus,
): Promise<Child> {
  const args = Object.entries({
    to: endpoint(pods),
    transaction: load.transaction,
    concurrency: load.concurrency,
    rate: load.rate ?? 0,
    "warm-up": load.warmUpSeconds,
    seconds: load.seconds,
    timeout: load.timeoutSeconds ?? 3,
  }).flatMap(([key, value]) => [`--${key}`, `${value}`]);
  const client = await start(pods.client.name, ["load", ...args, ...pinned(cpus.client)]);
  await client.line(load.warmUpSeconds * 1000 + startMs);
  return client;
}

/** Waits for the end of the window. */
export async function finishConnections(
  client: Child,
  { seconds }: ConnectionLoad,
): Promise<Connections> {
  return JSON.parse(await client.line(seconds * 1000 + startMs)) as Connections;
}

/** What became of the connections so far, while the window lasts. */
export async function readConnections(client: Child): Promise<Connections> {
  return JSON.parse(await client.ask("read")) as Connections;
}

/** All that failed, whatever the reason. */
export function failures({ failed }: Connections): number {
  return Object.values(failed).reduce((sum, count) => sum + count, 0);
}

/** "12 timeout, 3 ECONNRESET"; "" when none failed. */
export function describeFailures({ failed }: Connections): string {
  return Object.entries(failed)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(", ");
}

function start(netns: string, args: readonly string[]): Promise<Child> {
  return Child.startInside(netns, builtFile("millrace-connect"), args);
}

function endpoint({ address }: Pods): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function pinned(cpu: number | null): string[] {
  return cpu === null ? [] : ["--cpu", `${cpu}`];
}
