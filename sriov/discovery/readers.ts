import { join } from "node:path";
import type { HostLink, NetdevFeatures } from "../../src/dataplane/native.ts";
import { names, readNumber, readText } from "../sysfs.ts";

/** What discovery wants to know of a link of our network namespace. */
export type NetdevLink = Pick<HostLink, "ifindex" | "name" | "mac" | "mtu" | "up">;

/** What sysfs does not tell, or tells of the network namespace that it was mounted in. */
export interface NetdevReaders {
  /** Every link of our own network namespace; `listLinks` of the addon. */
  links(): Promise<readonly NetdevLink[]>;
  /** `netdevFeatures` of the addon. */
  xdpFeatures(): Promise<readonly NetdevFeatures[]>;
}

const IFF_UP = 1;

/** For a machine where the addon cannot be loaded: links as sysfs has them, no XDP features. */
export function sysfsReaders(sysfs: string): NetdevReaders {
  const directory = join(sysfs, "class/net");
  return {
    links: async () => {
      const links = (await names(directory)).map((name) => readLink(directory, name));
      return (await Promise.all(links)).filter((link) => link !== null);
    },
    xdpFeatures: async () => [],
  };
}

async function readLink(directory: string, name: string): Promise<NetdevLink | null> {
  const at = join(directory, name);
  const ifindex = await readNumber(at, "ifindex");
  if (ifindex === null) return null;
  const mac = (await readText(at, "address")) ?? "";
  const mtu = (await readNumber(at, "mtu")) ?? 0;
  const up = (((await readNumber(at, "flags")) ?? 0) & IFF_UP) !== 0;
  return { ifindex, name, mac, mtu, up };
}
