import type { Namespace } from "../../test/harness/namespace.ts";
import { testPrefix } from "../traffic/load.ts";
import { type RoutedDut, routeChanges } from "./routed.ts";
import { addAddress, bare, inside, outside, receiver } from "./topology.ts";

const batchTimeoutMs = 120_000;

/** Has the kernel forward IPv4 packets; the receiver's MAC address is known for good. */
export async function enableForwarding(dut: Namespace): Promise<void> {
  await addAddress(dut, inside);
  await addAddress(dut, outside);
  const off = ["all", "default", inside.ifname].map((name) => `net.ipv4.conf.${name}.rp_filter=0`);
  await dut.must("sysctl", ["-qw", "net.ipv4.ip_forward=1", ...off]);
  const neighbour = [bare(receiver.address), "lladdr", receiver.mac, "dev", outside.ifname];
  await dut.must("ip", ["neighbour", "replace", ...neighbour, "nud", "permanent"]);
}

/** Sends what the test frames are for on to the receiver. */
export async function routeTestPrefix(dut: Namespace): Promise<void> {
  await dut.must("ip", ["route", "add", testPrefix, "via", bare(receiver.address)]);
}

/**
 * A table of the kernel as one that can be filled.
 * @param way what follows the prefix of each route
 */
export function kernelRoutes(dut: Namespace, way = ["via", bare(receiver.address)]): RoutedDut {
  let there = 0;
  return {
    async routes(count) {
      const { op, prefixes } = routeChanges(there, count);
      const lines = prefixes.map((prefix) => `route ${op} ${prefix} ${way.join(" ")}\n`);
      await dut.must("ip", ["-batch", "-"], { input: lines.join(""), timeoutMs: batchTimeoutMs });
      there = count;
    },
  };
}
