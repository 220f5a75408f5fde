import type { VlanTrunk } from "../config/vlan-schema.ts";
import type { PortVlans } from "../dataplane/native.ts";

/** VLANs of a port as they are configured; names as in the bridge CNI plugin. */
export interface VlanWish {
  vlan?: number | undefined;
  vlanTrunk?: VlanTrunk | undefined;
}

/**
 * What the port of a bridged network accepts and sends. Untagged frames belong to `vlan`; a trunk
 * without `vlan` has none. A port with neither is in no VLAN and takes tags for a part of the
 * packet.
 */
export function portVlans({ vlan = 0, vlanTrunk = [] }: VlanWish): PortVlans {
  const tagged = new Set(vlanTrunk.flatMap((item) => idsOf(item)));
  return { pvid: vlan, tagged: [...tagged].sort((a, b) => a - b) };
}

/** True when the port takes frames without a tag: those of a station's own interface. */
export function takesUntagged({ pvid, tagged }: PortVlans): boolean {
  return pvid !== 0 || tagged.length === 0;
}

/** Why the two do not fit together; null when they do. */
export function vlanProblem(
  wish: VlanWish,
): { key: "vlan" | "vlanTrunk"; reason: string; accepted: string } | null {
  if (wish.vlanTrunk?.length === 0) {
    const accepted = "at least one VLAN, or no vlanTrunk at all";
    return { key: "vlanTrunk", reason: "it names no VLAN", accepted };
  }
  const { pvid, tagged } = portVlans(wish);
  if (!tagged.includes(pvid)) return null;
  const reason = `vlanTrunk has VLAN ${pvid} too, whose frames cannot both be tagged and not`;
  return { key: "vlan", reason, accepted: "a VLAN that vlanTrunk does not have" };
}

function idsOf(item: VlanTrunk[number]): number[] {
  if ("id" in item) return [item.id];
  return Array.from({ length: item.maxID - item.minID + 1 }, (_, i) => item.minID + i);
}
