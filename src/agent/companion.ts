import type { CompanionOptions, HostLink, Native } from "../dataplane/native.ts";
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

/** The keys of the ports that have a companion among these links. */
export function companionKeys(links: readonly Pick<HostLink, "alias">[]): Set<string> {
  const ours = links.filter(({ alias }) => alias.startsWith(ALIAS_PREFIX));
  return new Set(ours.map(({ alias }) => alias.slice(ALIAS_PREFIX.length)));
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
  for (const key of companionKeys(await native.listLinks())) await deleteCompanion(native, key);
}
