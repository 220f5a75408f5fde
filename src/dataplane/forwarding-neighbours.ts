import { formatAddress } from "../networks/ip.ts";
import { ForwardingError } from "./forwarding-error.ts";
import { findNetwork, findPort, portName } from "./forwarding-find.ts";
import type { NeighbourWish, TableHost, TableNetwork, TablePort } from "./forwarding-model.ts";
import { decidingRoute, isConnected } from "./forwarding-next-hop.ts";
import { isLinkLocal, readAddress, readMac, sameText } from "./forwarding-read.ts";
import type { NeighbourChange, NeighbourInfo } from "./native.ts";

/** Which neighbours the API has made, whether the table has them or they still wait. */
export interface KnownNeighbours {
  /** @param ifname interface of the port */
  has(network: string, ifname: string, address: string): boolean;
}

export interface CheckedNeighbour {
  /** As it was asked for: address and MAC in canonical form, the port by its interface. */
  wish: NeighbourWish;
  /** Null when the table is not concerned: an entry that waits is taken back. */
  change: NeighbourChange | null;
}

/**
 * Checks a whole batch against networks, ports and table; changes nothing.
 * @throws ForwardingError for the first change that cannot be made
 */
export async function checkNeighbours(
  host: TableHost,
  name: string,
  wishes: readonly NeighbourWish[],
  known: KnownNeighbours,
): Promise<{ network: TableNetwork; checked: CheckedNeighbour[] }> {
  const network = findNetwork(host, name, "routed");
  const ports = host.ports().filter((port) => port.network === name);
  const table = await host.native.listNeighbours(network.id);
  const check = new NeighbourCheck(host, network, ports, table, known);
  const checked: CheckedNeighbour[] = [];
  for (const [i, wish] of wishes.entries()) checked.push(await check.run(wish, `changes[${i}]`));
  return { network, checked };
}

class NeighbourCheck {
  readonly #host: TableHost;
  readonly #network: TableNetwork;
  readonly #ports: TablePort[];
  readonly #table: NeighbourInfo[];
  readonly #known: KnownNeighbours;
  readonly #seen = new Map<string, string>();

  constructor(
    host: TableHost,
    network: TableNetwork,
    ports: TablePort[],
    table: NeighbourInfo[],
    known: KnownNeighbours,
  ) {
    this.#host = host;
    this.#network = network;
    this.#ports = ports;
    this.#table = table;
    this.#known = known;
  }

  async run(asked: NeighbourWish, key: string): Promise<CheckedNeighbour> {
    const address = formatAddress(readAddress(asked.address, `${key}.address`));
    // Entries of a port that is gone can still be taken back.
    const waits = asked.op === "del" && this.#known.has(this.#network.name, asked.port, address);
    const gone = waits && !this.#ports.some(({ ifname }) => ifname === asked.port);
    const port = gone ? null : findPort(this.#ports, asked.port, `${key}.port`);
    const wish = { ...asked, address, port: port?.ifname ?? asked.port };
    this.#checkOnce(wish, key);
    if (!port) return { wish, change: null };
    const present = this.#table.find((one) => one.port === port.port && one.address === address);
    this.#checkPresent(wish, present, key);
    const change = { op: wish.op, port: port.port, address };
    if (wish.op === "del") {
      const made = present?.source === "static";
      return { wish, change: made ? { ...change, mac: present.mac } : null };
    }
    const mac = readMac(wish.mac, `${key}.mac`);
    await this.#checkPlace(port, address, key);
    const op = present ? "replace" : wish.op;
    return { wish: { ...wish, mac }, change: { ...change, op, mac } };
  }

  #checkOnce({ port, address }: NeighbourWish, key: string): void {
    const first = this.#seen.get(`${port} ${address}`);
    if (first !== undefined) {
      const reason = `${first} changes it as well`;
      const remedy = "name each neighbour once";
      throw new ForwardingError({ key: `${key}.address`, value: address, reason, remedy });
    }
    this.#seen.set(`${port} ${address}`, key);
  }

  #checkPresent(wish: NeighbourWish, present: NeighbourInfo | undefined, key: string): void {
    const { op, port, address } = wish;
    const { name } = this.#network;
    const fail = (reason: string, remedy: string) =>
      new ForwardingError({ key: `${key}.address`, value: address, reason, remedy });
    const known = this.#known.has(name, port, address);
    if (present?.source === "static" && !known && present.port === this.#network.overlay?.port) {
      throw fail("an entry of the fabric", "it goes with its node; change it in the fabric");
    }
    const ours = known || present?.source === "static";
    if (op === "add" && ours) {
      throw fail(`${port} has this neighbour already`, 'use op "replace", or "del" first');
    }
    const reason = "the entry belongs to the kernel's neighbour table, which is mirrored";
    if (op === "add" && present?.source === "kernel") {
      throw fail(reason, 'use op "replace" to decide it here');
    }
    if (op !== "del" || ours) return;
    if (present?.source === "kernel") throw fail(reason, "change it there");
    const remedy = `"millrace neighbours show --network ${name}" lists what is there`;
    throw fail(`${port} has no such static neighbour`, remedy);
  }

  async #checkPlace(port: TablePort, address: string, key: string): Promise<void> {
    const { name, gateways } = this.#network;
    const fail = (part: string, value: string, reason: string, remedy: string) =>
      new ForwardingError({ key: `${key}.${part}`, value, reason, remedy });
    if (port.role === "pod") {
      const reason = "the only neighbour behind it is its pod, which belongs to the attachment";
      throw fail("port", portName(port), reason, "name an uplink");
    }
    const parsed = readAddress(address, key);
    if (sameText(parsed, gateways)) {
      throw fail("address", address, "the gateway's own address", "name another host");
    }
    // Every VTEP of the network is one hop away.
    if (isLinkLocal(parsed) || port.role === "vni") return;
    const route = await decidingRoute(this.#host, this.#network, address);
    if (route?.type === "local") {
      throw fail("address", address, "an address of this node itself", "name another host");
    }
    const there = route && isConnected(route) && route.nextHops.some((h) => h.port === port.port);
    if (there) return;
    const remedy = `"millrace routes show --network ${name} --match ${address}" says what leads there`;
    throw fail("address", address, `not on a connected prefix of ${portName(port)}`, remedy);
  }
}
