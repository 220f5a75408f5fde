import type { VirtualFunction } from "../types.ts";
import { wantedSettings } from "./changes.ts";
import { VfError } from "./errors.ts";
import type { VfKnobs } from "./knobs.ts";
import { HERE } from "./locate.ts";
import type { VfParts } from "./parts.ts";
import type { VfRecord } from "./record.ts";
import type { SettingsOfPf } from "./settings.ts";

const ACCEPTED = "a MAC that nobody has at this PF in this VLAN";

/**
 * The switch inside a NIC sends a frame to whoever has its MAC. Two VFs of one PF with the same in
 * the same VLAN would take each other's; of different PFs they may, as bonding needs it.
 * @throws VfError when the MAC that is asked for is taken
 */
export async function requireMacFree(
  { kernel }: VfParts,
  { vf, knobs }: { vf: Pick<VirtualFunction, "pf">; knobs: VfKnobs },
  { settings, others, pfName }: SettingsOfPf,
): Promise<void> {
  const { mac } = knobs;
  if (mac === undefined) return;
  const { vlan } = wantedSettings(settings, knobs);
  const twin = others.find((other) => other.mac === mac && other.vlan === vlan);
  if (twin) throw taken(mac, `VF ${twin.index} of PF ${vf.pf} (${pfName}) has it`);
  const pf = vlan === 0 ? await kernel.findNetdev(HERE, vf.pf) : null;
  if (pf?.mac === mac) throw taken(mac, `PF ${vf.pf} (${pfName}) has it itself`);
}

/**
 * The same against attachments on their way, whose MACs no PF knows yet. To be called right before
 * a record goes into the journal.
 * @throws VfError
 */
export function requireMacUnclaimed(record: VfRecord, others: Iterable<VfRecord>): void {
  const { mac, vlan } = macAndVlan(record);
  if (mac === undefined) return;
  for (const other of others) {
    if (other.pf !== record.pf || other.address === record.address) continue;
    const theirs = macAndVlan(other);
    if (theirs.mac !== mac || theirs.vlan !== vlan) continue;
    throw taken(mac, `attachment ${other.owner} has it on VF ${other.address}`);
  }
}

function macAndVlan({ knobs, settings }: VfRecord) {
  return { mac: knobs.mac, vlan: knobs.vlan ?? settings?.vlan ?? 0 };
}

function taken(mac: string, reason: string): VfError {
  return new VfError({ subject: `mac = ${mac}`, reason, accepted: ACCEPTED });
}
