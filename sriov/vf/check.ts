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

/**
 * Sets again at the PF what an attachment asked for and has no more: a reset of the PF or an
 * administrator may have taken it, and with its VLAN a pod's isolation.
 * @returns what was set
 * @throws what the kernel says
 */
export async function repairSettings(parts: VfParts, record: VfRecord): Promise<string[]> {
  const { changes, pfName } = await lostSettings(parts, record);
  for (const { change } of changes) await parts.kernel.setVf(pfName, record.index, change);
  return changes.map(({ text }) => text);
}

async function checkSettings(parts: VfParts, record: VfRecord): Promise<string[]> {
  const { changes, because } = await lostSettings(parts, record);
  if (because !== "") return [`the settings cannot be read: ${because}`];
  return changes.map(({ text }) => `${text} is not set any more`);
}

async function lostSettings(parts: VfParts, record: VfRecord) {
  const { settings, knobs } = record;
  if (settings === null) return { changes: [], pfName: "", because: "" };
  const found = await findSettings(parts, record);
  if (found.settings === null) return { changes: [], pfName: "", because: found.because };
  const all = settingsChanges(found.settings, wantedSettings(settings, knobs));
  // Where no MAC was asked for, some PFs tell the one that the pod has given itself.
  const changes = all.filter(({ knob }) => knob !== "mac" || knobs.mac !== undefined);
  return { changes, pfName: found.pfName, because: "" };
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
