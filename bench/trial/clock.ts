import { readFileSync } from "node:fs";
import type { Flag } from "./types.ts";

/** Read by one instruction, or by one and a page shared with the hypervisor. */
const good = ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "xen"];
const path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/** A flag when reading the clock takes so long that delays and rates suffer. */
export function clockFlags(read = () => readFileSync(path, "utf8")): Flag[] {
  const source = read().trim();
  if (good.includes(source)) return [];
  const text = `clock source ${source} is slow to read: delays and pacing are doubtful`;
  return [{ name: "clock", text }];
}
