import type { PoolMember } from "./choose.ts";
import { type PoolOptions, Pools } from "./pools.ts";

/** VF `index` of the PF on a bus. */
export function member(bus: number, index: number, more: Partial<PoolMember> = {}): PoolMember {
  const hex = (n: number) => n.toString(16).padStart(2, "0");
  return {
    pool: "blue",
    address: `0000:${hex(bus)}:${hex(0x10 + (index >> 3))}.${index & 7}`,
    pf: `0000:${hex(bus)}:00.0`,
    index,
    driver: "iavf",
    vendor: "8086",
    device: "1889",
    numaNode: -1,
    iommuGroup: null,
    ifname: `ens${bus}v${index}`,
    hasNetdev: true,
    representor: "",
    xdpFeatures: null,
    ...more,
  };
}

/** A number of VFs on each bus. */
export function membersOn(buses: readonly number[], count: number): PoolMember[] {
  return buses.flatMap((bus) => Array.from({ length: count }, (_, i) => member(bus, i)));
}

/** Pools with a clock that only tests advance. */
export function poolsOf(members: readonly PoolMember[], options: Partial<PoolOptions> = {}) {
  const clock = { now: 1_000_000 };
  const pools = new Pools({ now: () => clock.now, cooldownSeconds: 0, ...options });
  pools.setMembers(members);
  return { pools, clock };
}
