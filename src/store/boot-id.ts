import { readFileSync } from "node:fs";

/** Changes with every boot of the machine (random(4)). */
export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
