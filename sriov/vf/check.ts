import { podNetdev } from "./attach.ts";
import { netdevChanges, settingsChanges, wantedSettings } from "./changes.ts";
import { showValue } from "./knobs.ts";
import type { VfParts } from "./parts.ts";
import type { VfRecord } from "./record.ts";
import { findSettings } from "./settings.ts";

/**
 * Compares a VF with what its attachment asked for.
 * @returns what is otherwise; empty when all is well
 * @throws what the kernel says when it cannot be read
 */
export async function checkVf(parts: VfParts, record: VfRecord): Promise<string[]> {
  if (!(await parts.exists(record.address))) return [`VF ${record.address} is gone`];
  return [...(await checkSettings(parts, record)), ...(await checkNetdev(parts, record))];
}

async function checkSettings(parts: VfParts, record: VfRecord): Promise<string[]> {
  const { settings, knobs } = record;
  if (settings === null) return [];
  const found = await findSettings(parts, record);
  if (found.settings === null) return [`the settings cannot be read: ${found.because}`];
  const changes = settingsChanges(found.settings, wantedSettings(settings, knobs));
  // Where no MAC was asked for, some PFs tell the one that the pod has given itself.
  return changes
    .filter(({ knob }) => knob !== "mac" || knobs.mac !== undefined)
    .map(({ text }) => `${text} is not set any more`);
}

async function checkNetdev({ kernel }: VfParts, record: VfRecord): Promise<string[]> {
  const { netdev, netns, address } = record;
  if (netdev === null) return [];
  const now = await kernel.findNetdev(netns, address);
  if (now === null) return [`VF ${address} is not in ${netns}`];
  return netdevChanges(now, podNetdev(record)).map(
    ({ field, text }) => `${text} is ${showValue(now[field])} by now`,
  );
}
