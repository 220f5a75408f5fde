import type { DataplaneEvent } from "../dataplane/native.ts";
import { LogLimit } from "../telemetry/log-limit.ts";
import type { Parts } from "./parts.ts";
import type { Reconciler } from "./reconcile.ts";

/** Warnings about MAC addresses per minute: a loop in the underlay moves thousands a second. */
const MAC_WARNINGS = 10;

type LinkEvent = Extract<DataplaneEvent, { event: "link" }>;
type TransmitEvent = Extract<DataplaneEvent, { event: "transmit" }>;
type MacEvent = Extract<DataplaneEvent, { event: "mac-moved" | "mac-limit" }>;

/** Acts on what the dataplane tells by itself. */
export class Events {
  readonly #parts: Parts;
  readonly #reconciler: Reconciler;
  readonly #onResync: () => void;
  readonly #onKernelFdb: (ifindex: number) => void;
  readonly #macs = new LogLimit(MAC_WARNINGS);
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  /**
   * @param onResync called when routes and neighbours of the kernel were read anew
   * @param onKernelFdb called when the kernel's bridges have changed; 0 for any device
   */
  constructor(
    parts: Parts,
    reconciler: Reconciler,
    onResync: () => void,
    onKernelFdb: (ifindex: number) => void = () => {},
  ) {
    this.#parts = parts;
    this.#reconciler = reconciler;
    this.#onResync = onResync;
    this.#onKernelFdb = onKernelFdb;
  }

  start(): void {
    this.#parts.dataplane.onEvent((event) => {
      if (!this.#stopped) this.#handle(event);
    });
  }

  /** Ignores further events and waits for what the earlier ones have begun. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  #handle(event: DataplaneEvent): void {
    if (event.event === "link") this.#link(event);
    else if (event.event === "resync") this.#resync(event);
    else if (event.event === "transmit") this.#transmit(event);
    else if (event.event === "kernel-fdb") this.#onKernelFdb(event.ifindex);
    else this.#mac(event);
  }

  #link({ port: number, ifindex, change }: LinkEvent): void {
    const { dataplane, log } = this.#parts;
    const port = dataplane.portNumbered(number);
    // The number may belong to another port by now.
    if (port?.info.ifindex !== ifindex) return;
    const { attachment, ifname } = port;
    log.debug({ attachment, link: ifname, change }, "link changed");
    if (change === "gone") this.#run(attachment, () => this.#reconciler.runFor(attachment));
    if (change === "queues") this.#run(attachment, () => this.#syncQueues(attachment));
  }

  #transmit({ port: number, ifindex, backend, reason }: TransmitEvent): void {
    const { dataplane, log } = this.#parts;
    const port = dataplane.portNumbered(number);
    if (port?.info.ifindex !== ifindex) return;
    const { attachment, ifname } = port;
    const facts = { attachment, link: ifname, backend, ...(reason !== "" && { reason }) };
    log.info(facts, "the port transmits by another backend");
  }

  async #syncQueues(attachment: string): Promise<void> {
    const { dataplane, locks, log } = this.#parts;
    await locks.run(attachment, async () => {
      if (!dataplane.port(attachment)) return;
      const { info } = await dataplane.syncQueues(attachment);
      log.info({ attachment, queues: info.queues.length }, "the number of queues changed");
    });
  }

  #mac({ network: id, mac, vlan, ...event }: MacEvent): void {
    const suppressed = this.#macs.admit();
    if (suppressed === null) return;
    const { dataplane, networks, log } = this.#parts;
    const network = [...networks.keys()].find((name) => dataplane.network(name)?.id === id);
    const name = (port: number, peer: string) =>
      peer === "" ? dataplane.portLabel(port) : `${dataplane.portLabel(port)} (${peer})`;
    const facts = { network, mac, vlan, ...(suppressed > 0 && { suppressed }) };
    if (event.event === "mac-limit") {
      log.warn(
        { ...facts, port: name(event.port, event.portPeer) },
        "not learned: the port has its macLimit",
      );
    } else {
      const way = { from: name(event.from, event.fromPeer), to: name(event.to, event.toPeer) };
      log.warn({ ...facts, ...way }, "a MAC address moved");
    }
  }

  #resync({ event: _, ...facts }: Extract<DataplaneEvent, { event: "resync" }>): void {
    this.#parts.log.info(facts, "read the kernel's tables again");
    this.#onResync();
  }

  #run(attachment: string, work: () => Promise<unknown>): void {
    const running = work()
      .catch((error: Error) => {
        this.#parts.log.error({ attachment, err: error }, "could not follow a change of a link");
      })
      .then(() => void this.#running.delete(running));
    this.#running.add(running);
  }
}
