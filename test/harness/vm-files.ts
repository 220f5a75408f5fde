import { globSync } from "node:fs";
import { basename, dirname } from "node:path";
import { HARDWARE, type Hardware } from "./vm-qemu.ts";

/** Test files that run in one guest: those of a directory test/vm/NAME. */
export interface GuestTests {
  /** Hardware joined by "-": igb-iommu; with "-pair" for two guests at once. */
  name: string;
  hardware: Hardware[];
  /** Two run the same files at once and reach each other through their hubs. */
  guests: 1 | 2;
  /** Relative to the checkout. */
  files: string[];
}

const PATTERN = "test/vm/*/*.test.ts";
/** The hub of the virtio NIC is what the wire leads to. */
const PAIR = /^(.*-)?virtio(-.*)?-pair$/;

/**
 * All test files for guests, or those whose path has one of `wanted` in it.
 * @param root the checkout
 * @throws Error naming a wish that no file fulfils, or hardware that there is none
 */
export function guestTests(root: string, wanted: readonly string[]): GuestTests[] {
  const all = globSync(PATTERN, { cwd: root }).sort();
  const unknown = wanted.find((part) => !all.some((file) => file.includes(part)));
  if (unknown !== undefined) {
    throw new Error(`${unknown}: no such test; accepted are parts of ${all.join(", ")}`);
  }
  const chosen = all.filter(
    (file) => wanted.length === 0 || wanted.some((part) => file.includes(part)),
  );
  const names = [...new Set(chosen.map(nameOf))];
  return names.map((name) => ({
    name,
    hardware: hardwareOf(name),
    guests: PAIR.test(name) ? 2 : 1,
    files: chosen.filter((file) => nameOf(file) === name),
  }));
}

const nameOf = (file: string) => basename(dirname(file));

/** @throws Error with what is accepted */
export function hardwareOf(name: string): Hardware[] {
  const known = Object.keys(HARDWARE) as Hardware[];
  const single = PAIR.test(name) ? name.replace(/-pair$/, "") : name;
  return single.split("-").map((part) => {
    const hardware = known.find((one) => one === part);
    if (hardware !== undefined) return hardware;
    const accepted = `${known.join(", ")}, joined by "-", and with virtio "-pair" at the end`;
    throw new Error(`test/vm/${name}: ${part}: accepted: ${accepted}`);
  });
}
