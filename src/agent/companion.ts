import type { CompanionOptions, Native } from "../dataplane/native.ts";
import { hostMac } from "../networks/mac.ts";
import type { Network } from "../networks/network.ts";
import { digitsOf } from "./names.ts";
import type { Step } from "./steps.ts";

const ALIAS_PREFIX = "millrace-companion:";

/** Names and marks of a companion. They follow from the port alone, so whoever removes it finds it. */
export function companionNames(key: string): Omit<CompanionOptions, "mtu" | "queues"> {
  const digits = digitsOf(key);
  const alias = `${ALIAS_PREFIX}${key}`;
  return { near: `mn${digits}`, far: `mf${digits}`, mac: hostMac(alias), alias };
}

/** The key of the port that a link is the companion of; null for other links. */
export function keyOfCompanion(alias: string): string | null {
  return alias.startsWith(ALIAS_PREFIX) ? alias.slice(ALIAS_PREFIX.length) : null;
}

/** What a port needs beside its device; null where it has an XDP program itself. */
export function companionOf(
  { portBackend }: Pick<Network, "portBackend">,
  key: string,
  { mtu, queues = 1 }: { mtu: number; queues?: number | undefined },
): CompanionOptions | null {
  return portBackend === "tc" ? { ...companionNames(key), mtu, queues } : null;
}

/** None without a companion. One that is there from before is made anew. */
export function createSteps(native: Native, companion: CompanionOptions | null): Step[] {
  if (companion === null) return [];
  return [{ name: "createCompanion", run: () => native.createCompanion(companion) }];
}

/** Without effect when there is none. */
export async function deleteCompanion(native: Native, key: string): Promise<void> {
  await native.deleteCompanion(companionNames(key));
}

/** Those that nobody may use any more. */
export async function deleteCompanions(native: Native): Promise<void> {
  const keys = (await native.listLinks()).map(({ alias }) => keyOfCompanion(alias));
  for (const key of new Set(keys)) if (key !== null) await deleteCompanion(native, key);
}
