import type { HostLink } from "../dataplane/native.ts";
import type { Network } from "../networks/network.ts";
import { companionOf } from "./companion.ts";
import type { Parts } from "./parts.ts";
import {
  capturedPrefixes,
  defaultRouteError,
  ownAddressError,
  podPrefixes,
  type UplinkItem,
} from "./uplink-dangers.ts";

/** Where nobody says how many: most of what an uplink brings takes the flow lane. */
const COMPANION_QUEUES = 1;

/** In place of a container id in the name of a port. */
export const UPLINK = "uplink";

/** What the port of an uplink goes by where that of a pod goes by its attachment. */
export const uplinkKey = (ifname: string): string => `${UPLINK}:${ifname}`;

/** Attaches the uplinks of the configuration, and again when a device was away. */
export class Uplinks {
  readonly #parts: Parts;
  readonly #items: UplinkItem[];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#items = [...parts.networks.values()].flatMap((network, i) =>
      network.uplinks.map((uplink, j) => ({
        network,
        uplink,
        path: `networks[${i}].uplinks[${j}]`,
      })),
    );
  }

  /** True when the port of this name is that of an uplink. */
  has(attachment: string): boolean {
    return this.#items.some(({ uplink }) => uplinkKey(uplink.ifname) === attachment);
  }

  /**
   * A mistake in the configuration must not cost the node its own connectivity.
   * @throws ConfigError when a dedicated uplink holds a default route of the node, or a shared one
   *   would take packets for its addresses
   */
  async refuseDangers(): Promise<void> {
    const links = await this.#parts.native.listLinks();
    for (const item of this.#items) {
      const link = links.find(({ name }) => name === item.uplink.ifname);
      if (link) await this.#refuseDanger(item, link);
    }
  }

  /**
   * Attaches what is there and detaches what is gone.
   * @returns why some cannot be attached, in words
   */
  async repair(): Promise<string[]> {
    if (this.#items.length === 0) return [];
    const links = new Map((await this.#parts.native.listLinks()).map((link) => [link.name, link]));
    const failures = this.#items.map((item) => {
      const key = uplinkKey(item.uplink.ifname);
      return this.#parts.locks
        .run(key, () => this.#repairOne(item, links.get(item.uplink.ifname)))
        .catch((error: Error) => `uplink ${item.uplink.ifname}: ${error.message}`);
    });
    return (await Promise.all(failures)).filter((failure) => failure !== null);
  }

  async #repairOne(item: UplinkItem, link: HostLink | undefined): Promise<string | null> {
    const { dataplane, log } = this.#parts;
    const { ifname } = item.uplink;
    const key = uplinkKey(ifname);
    const port = dataplane.port(key);
    if (port && port.info.ifindex !== link?.ifindex) {
      await dataplane.removePort(key);
      log.warn({ uplink: ifname, network: item.network.name }, "an uplink vanished");
    }
    if (!link) return `uplink ${ifname}: there is no such interface; it is used when it comes`;
    if (!dataplane.port(key)) await this.#attach(item, link);
    return null;
  }

  async #attach(item: UplinkItem, link: HostLink): Promise<void> {
    const { dataplane, log } = this.#parts;
    const { network, uplink } = item;
    const { ifname, capture, queues, vlan } = uplink;
    await this.#refuseDanger(item, link);
    const attachment = uplinkKey(ifname);
    const { mac, mtu } = link;
    const most = queues === "auto" ? COMPANION_QUEUES : queues;
    const companion = companionOf(network, attachment, { mtu, queues: most });
    if (companion !== null) await this.#parts.native.createCompanion(companion);
    const { info } = await dataplane.addPort({
      attachment,
      network: network.name,
      ifname,
      role: "uplink",
      capture,
      mac,
      podMac: "",
      addresses: [],
      mtu,
      vlan,
      spoofCheck: false,
      macLimit: 0,
      flowLane: network.flowLane,
      transmit: network.transmit,
      queues,
      companion,
      peer: null,
    });
    if (capture === "shared") await this.#share(attachment, network);
    const facts = { mtu, mode: info.mode, queues: info.queues.length };
    log.info({ uplink: ifname, network: network.name, ...facts }, "uplink attached");
    // Nobody tells a pod: a bridge sends no ICMP errors.
    if (network.bridge && mtu < network.mtu) {
      log.warn({ uplink: ifname, mtu, expected: network.mtu }, "frames of pods may be too long");
    }
  }

  async #share(attachment: string, network: Network): Promise<void> {
    try {
      const prefixes = capturedPrefixes(network, this.#parts.networks);
      await this.#parts.dataplane.setPrefixes(attachment, prefixes);
    } catch (error) {
      await this.#parts.dataplane.removePort(attachment);
      throw error;
    }
  }

  /** @throws ConfigError when the node would lose packets of its own */
  async #refuseDanger(item: UplinkItem, link: HostLink): Promise<void> {
    const { native, networks, addresses } = this.#parts;
    const { dedicated, capture } = item.uplink;
    if (dedicated && (await native.defaultRouteInterfaces()).includes(link.ifindex)) {
      throw defaultRouteError(item);
    }
    if (capture !== "shared") return;
    const error = ownAddressError(item, podPrefixes(item.network, networks), addresses());
    if (error) throw error;
  }
}
