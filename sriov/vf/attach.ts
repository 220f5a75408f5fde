import type { NetdevChange, NetdevInfo } from "../types.ts";
import { type KnobChange, netdevChanges, settingsChanges, wantedSettings } from "./changes.ts";
import { errnoOf, refused, VfError } from "./errors.ts";
import { showKnobs, showValue } from "./knobs.ts";
import { HERE } from "./locate.ts";
import type { VfParts } from "./parts.ts";
import type { VfRecord } from "./record.ts";
import { bringHome, restoreKnob, restoreVf } from "./restore.ts";
import { setMac } from "./set-mac.ts";
import type { UndoableStep } from "./steps.ts";

/**
 * The steps that make of a VF what its record says, from the first change until the link is up:
 * `quiesce`, one `set <knob>` for each that differs, `mac`, `move`, `mtu`, `promisc`, `allmulti`,
 * `up`, `readBack`; those without anything to do are left out. Undone in reverse, the
 * VF leaves the pod first, and `quiesce` looks at all of it again in the end: its netdev cannot
 * have its old MAC before the PF has let go of the new one.
 * Steps throw VfError, naming the knob, its value and what the driver said.
 */
export function attachSteps(parts: VfParts, record: VfRecord): UndoableStep[] {
  return [quiesce(parts, record), ...knobSteps(parts, record), ...netdevSteps(parts, record)];
}

function quiesce(parts: VfParts, record: VfRecord): UndoableStep {
  const { netdev } = record;
  return {
    name: "quiesce",
    run: async () => {
      if (netdev?.up) await parts.kernel.setNetdev(HERE, netdev.ifindex, { up: false });
    },
    undo: async () => {
      if (await parts.exists(record.address)) await restoreVf(parts, record);
    },
  };
}

function knobSteps(parts: VfParts, record: VfRecord): UndoableStep[] {
  const { settings, knobs } = record;
  if (settings === null) return [];
  return settingsChanges(settings, wantedSettings(settings, knobs)).map((one) => ({
    name: `set ${one.knob}`,
    run: () => setKnob(parts, record, one),
    undo: () => restoreKnob(parts, record, one.knob),
  }));
}

async function setKnob(
  { kernel, pfName }: VfParts,
  record: VfRecord,
  { change, text }: KnobChange,
) {
  const pf = await pfName(record.pf);
  try {
    await kernel.setVf(pf, record.index, change);
  } catch (error) {
    const accepted = "what this driver can do, or leave the key out";
    throw refused(text, `PF ${record.pf} (${pf})`, error, accepted);
  }
}

function netdevSteps(parts: VfParts, record: VfRecord): UndoableStep[] {
  const { netdev } = record;
  if (netdev === null) return [];
  const moved = { ifindex: 0 };
  return [
    ...macStep(parts, record, netdev),
    {
      name: "move",
      run: async () => {
        moved.ifindex = await moveToPod(parts, record, netdev.ifindex);
      },
      undo: () => bringHome(parts, record),
    },
    ...fieldSteps(parts, record, moved),
    ...readBackStep(parts, record),
  ];
}

// Some drivers take promisc of a VF for granted, and some forget the MAC when the link comes up.
function readBackStep(parts: VfParts, record: VfRecord): UndoableStep[] {
  const { name: _, up: __, ...asked } = podNetdev(record);
  if (Object.keys(asked).length === 0) return [];
  return [{ name: "readBack", run: () => readBack(parts, record), undo: async () => {} }];
}

// Nobody in the pod sees the netdev yet: see setMac.
function macStep(
  parts: VfParts,
  record: VfRecord,
  { ifindex, driver }: NetdevInfo,
): UndoableStep[] {
  const { mac } = record.knobs;
  if (mac === undefined) return [];
  const run = async () => {
    try {
      await setMac(parts, record, ifindex, mac);
    } catch (error) {
      throw refused(showKnobs({ mac }), `driver ${driver} of VF ${record.address}`, error);
    }
  };
  return [{ name: "mac", run, undo: async () => {} }];
}

// The kernel renames it on the way, so that nobody in the pod sees it under another name.
async function moveToPod({ kernel }: VfParts, record: VfRecord, ifindex: number): Promise<number> {
  const { address, netns, ifname } = record;
  try {
    return await kernel.moveNetdev(HERE, ifindex, netns, ifname);
  } catch (error) {
    const subject = errnoOf(error) === "EEXIST" ? `ifname = ${ifname}` : `VF ${address}`;
    throw refused(subject, `namespace ${netns}`, error);
  }
}

// Nothing to undo: coming home and restoring deal with whatever has become of the netdev.
function fieldSteps(parts: VfParts, record: VfRecord, moved: { ifindex: number }): UndoableStep[] {
  const { mtu, promisc, allmulti } = record.knobs;
  const changes: [string, NetdevChange][] = [];
  if (mtu !== undefined) changes.push(["mtu", { mtu }]);
  if (promisc !== undefined) changes.push(["promisc", { promisc }]);
  if (allmulti !== undefined) changes.push(["allmulti", { allmulti }]);
  changes.push(["up", { up: true }]);
  return changes.map(([name, change]) => ({
    name,
    run: () => setField(parts, record, moved.ifindex, change),
    undo: async () => {},
  }));
}

async function setField(
  parts: VfParts,
  { netns, netdev, address }: VfRecord,
  ifindex: number,
  change: NetdevChange,
): Promise<void> {
  const { up, ...knobs } = change;
  try {
    await parts.kernel.setNetdev(netns, ifindex, change);
  } catch (error) {
    const subject = up ? "link up" : showKnobs(knobs);
    throw refused(subject, `driver ${netdev?.driver} of VF ${address}`, error);
  }
}

async function readBack({ kernel }: VfParts, record: VfRecord): Promise<void> {
  const { netns, address } = record;
  const now = await kernel.findNetdev(netns, address);
  if (now === null) {
    throw new VfError({ subject: `VF ${address}`, reason: `it has vanished from ${netns}` });
  }
  const [wrong] = netdevChanges(now, podNetdev(record));
  if (wrong === undefined) return;
  const is = showValue(now[wrong.field]);
  const reason = `driver ${now.driver} of VF ${address} took it, and it reads back as ${is}`;
  throw new VfError({ subject: wrong.text, reason });
}

/** What the pod's netdev is to be, as far as that was asked. */
export function podNetdev({ ifname, knobs }: VfRecord): NetdevChange {
  const { mac, mtu, promisc, allmulti } = knobs;
  return {
    name: ifname,
    ...(mac !== undefined && { mac }),
    ...(mtu !== undefined && { mtu }),
    ...(promisc !== undefined && { promisc }),
    ...(allmulti !== undefined && { allmulti }),
    up: true,
  };
}
