import { basename, join } from "node:path";
import { names, readNumber, readText } from "../sysfs.ts";
import type { NetdevLink, NetdevReaders } from "./readers.ts";

/** Port names of what stands for a PF, VF or SF, of this host or (c1 …) one that a DPU serves. */
const REPRESENTOR = /^(c\d+)?pf\d+([vs]fr?\d+)?$/;
const VIRTIO = /^virtio\d+$/;

/** A netdev of our namespace, with what discovery needs of it. */
export interface Netdev extends NetdevLink {
  /** Its directory in sysfs. */
  path: string;
  /** Null when the kernel does not say. */
  xdpFeatures: string[] | null;
}

/** What is known of the netdevs of our namespace, read once for all devices. */
export class Netdevs {
  readonly #links: ReadonlyMap<string, NetdevLink>;
  readonly #features: ReadonlyMap<number, string[]>;

  private constructor(links: readonly NetdevLink[], features: ReadonlyMap<number, string[]>) {
    this.#links = new Map(links.map((link) => [link.name, link]));
    this.#features = features;
  }

  static async read({ links, xdpFeatures }: NetdevReaders): Promise<Netdevs> {
    const [found, features] = await Promise.all([links(), xdpFeatures()]);
    const known = features.filter((netdev) => netdev.known);
    return new Netdevs(found, new Map(known.map(({ ifindex, features }) => [ifindex, features])));
  }

  /** Links, for what is not looked for by device. */
  get names(): string[] {
    return [...this.#links.keys()];
  }

  /**
   * The netdev of a PCI device; null when it has none in our namespace. Of several, e.g. two ports
   * behind one function, or representors that are shown at the PF, the first port is meant.
   */
  async ofDevice(device: string): Promise<Netdev | null> {
    const found: { netdev: Netdev; port: number }[] = [];
    for (const path of await netdevPaths(device)) {
      const netdev = await this.#at(path);
      if (netdev === null || (await isRepresentor(path))) continue;
      found.push({ netdev, port: (await readNumber(path, "dev_port")) ?? 0 });
    }
    found.sort((a, b) => a.port - b.port || a.netdev.ifindex - b.netdev.ifindex);
    return found[0]?.netdev ?? null;
  }

  /**
   * sysfs shows the namespace it was mounted in, which need not be ours: an interface is only the
   * one we know when number and name agree.
   */
  async #at(path: string): Promise<Netdev | null> {
    const link = this.#links.get(basename(path));
    if (link === undefined || (await readNumber(path, "ifindex")) !== link.ifindex) return null;
    return { ...link, path, xdpFeatures: this.#features.get(link.ifindex) ?? null };
  }
}

/**
 * Whether a device has a netdev in any namespace: the kernel keeps the directory of netdevs while
 * there is one, and shows those of other namespaces to nobody.
 */
export async function hasNetdev(device: string): Promise<boolean> {
  const homes = await Promise.all((await netdevHomes(device)).map((home) => names(home)));
  return homes.some((inside) => inside.includes("net"));
}

/** A virtio netdev hangs below the virtio device of its PCI device, every other one below its own. */
async function netdevHomes(device: string): Promise<string[]> {
  const virtio = (await names(device)).filter((name) => VIRTIO.test(name));
  return [device, ...virtio.map((name) => join(device, name))];
}

async function netdevPaths(device: string): Promise<string[]> {
  const found = (await netdevHomes(device)).map(async (home) =>
    (await names(home, "net")).map((name) => join(home, "net", name)),
  );
  return (await Promise.all(found)).flat();
}

async function isRepresentor(path: string): Promise<boolean> {
  return REPRESENTOR.test((await readText(path, "phys_port_name")) ?? "");
}

/** Whether the link has carrier; reading it of a link that is down is an error of the kernel. */
export async function hasCarrier(path: string): Promise<boolean> {
  return (await readNumber(path, "carrier")) === 1;
}
