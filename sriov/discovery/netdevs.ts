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

export interface DeviceNetdev {
  /** Null when the device has none in our namespace. */
  netdev: Netdev | null;
  /** Whether its driver has made one, in whatever namespace it is now. */
  made: boolean;
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
   * The netdev of a PCI device. Of several, e.g. two ports behind one function, or representors that
   * are shown at the PF, the first port is meant.
   */
  async ofDevice(device: string): Promise<DeviceNetdev> {
    const directories = await netdevDirectories(device);
    const found: { netdev: Netdev; port: number }[] = [];
    for (const path of await netdevPaths(directories)) {
      const netdev = await this.#at(path);
      if (netdev === null || (await isRepresentor(path))) continue;
      found.push({ netdev, port: (await readNumber(path, "dev_port")) ?? 0 });
    }
    found.sort((a, b) => a.port - b.port || a.netdev.ifindex - b.netdev.ifindex);
    return { netdev: found[0]?.netdev ?? null, made: directories.length > 0 };
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
 * A virtio netdev hangs below the virtio device of its PCI device, every other one below its own. The
 * kernel keeps the directory while there is a netdev in any namespace, and shows those of others to
 * nobody.
 */
async function netdevDirectories(device: string): Promise<string[]> {
  const own = await names(device);
  const virtio = own.filter((name) => VIRTIO.test(name)).map((name) => join(device, name));
  const contents = [own, ...(await Promise.all(virtio.map((home) => names(home))))];
  const homes = [device, ...virtio].filter((_, i) => contents[i]?.includes("net"));
  return homes.map((home) => join(home, "net"));
}

async function netdevPaths(directories: readonly string[]): Promise<string[]> {
  const found = directories.map(async (directory) =>
    (await names(directory)).map((name) => join(directory, name)),
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
