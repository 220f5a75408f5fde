import { ForwardingError } from "./forwarding-error.ts";
import { type FdbPlace, fdbPlaces } from "./forwarding-fdb-place.ts";
import { findFdb, portName } from "./forwarding-find.ts";
import type { FdbWish, TableHost, TableNetwork, TablePort } from "./forwarding-model.ts";
import { readMac } from "./forwarding-read.ts";
import type { FdbChange, FdbInfo } from "./native.ts";

/** Which static entries the API has made, whether the table has them or they still wait. */
export interface KnownFdb {
  /** VLANs in which there is an entry for the MAC. */
  vlansOf(network: string, mac: string): number[];
}

export interface CheckedFdb {
  /** As it was asked for: MAC in lower case, VLAN found, the port by its interface. */
  wish: FdbWish & { vlan: number };
  /** Null when the table is not concerned: an entry that waits is taken back. */
  change: FdbChange | null;
}

/**
 * Checks a whole batch against networks, ports and table; changes nothing.
 * @throws ForwardingError for the first change that cannot be made
 */
export async function checkFdb(
  host: TableHost,
  name: string,
  wishes: readonly FdbWish[],
  known: KnownFdb,
): Promise<{ network: TableNetwork; checked: CheckedFdb[] }> {
  const network = findFdb(host, name);
  const placeOf = await fdbPlaces(host, network);
  const table = await host.native.listFdb(network.id);
  const seen = new Map<string, string>();
  const checked = wishes.map((asked, i) => {
    const key = `changes[${i}]`;
    const mac = readMac(asked.mac, `${key}.mac`);
    const entries = table.filter((one) => one.mac.toLowerCase() === mac);
    const ours = known.vlansOf(name, mac);
    const place = asked.op === "del" ? null : placeOf(asked, key);
    const vlan = place
      ? vlanOn(place.port, asked.vlan, key)
      : (asked.vlan ?? onlyVlan(mac, entries, ours, key));
    const where = { port: place?.port.ifname ?? "", peer: place?.peer ?? "" };
    const wish = { ...asked, mac, vlan, ...where };
    checkOnce(seen, wish, key);
    const present = entries.find((one) => one.vlan === vlan) ?? null;
    checkPresent(network, wish, present, ours.includes(vlan), key);
    return { wish, change: changeFor(wish, place, present) };
  });
  return { network, checked };
}

function changeFor(
  { op, mac, vlan }: CheckedFdb["wish"],
  place: FdbPlace | null,
  present: FdbInfo | null,
): FdbChange | null {
  if (!place) {
    if (present?.source !== "static") return null;
    return { op: "del", mac, vlan, port: present.port, peer: present.peer };
  }
  // What was learned gives way to what is said.
  const { port, peer } = place;
  return { op: present ? "replace" : op, mac, vlan, port: port.port, peer };
}

/** @throws ForwardingError when the port does not carry the VLAN, or none untagged */
function vlanOn(port: TablePort, vlan: number | null, key: string): number {
  const carried = vlansOf(port);
  if (vlan === null && port.vlan?.pvid !== 0) return carried[0] ?? 0;
  if (vlan !== null && carried.includes(vlan)) return vlan;
  const reason =
    vlan === null
      ? `${portName(port)} has no untagged frames`
      : `${portName(port)} does not carry this VLAN`;
  const remedy = `it carries ${carried.join(", ") || "none"}`;
  throw new ForwardingError({ key: `${key}.vlan`, value: vlan ?? undefined, reason, remedy });
}

/** VLANs of a port's frames, that of the untagged ones first; [0] where there are none. */
export function vlansOf({ vlan }: Pick<TablePort, "vlan">): number[] {
  if (vlan === null) return [0];
  return [...(vlan.pvid === 0 ? [] : [vlan.pvid]), ...vlan.tagged];
}

function onlyVlan(mac: string, entries: FdbInfo[], ours: number[], key: string): number {
  const vlans = [...new Set([...entries.map(({ vlan }) => vlan), ...ours])];
  if (vlans.length <= 1) return vlans[0] ?? 0;
  const reason = `VLANs ${vlans.join(", ")} have an entry for it`;
  const remedy = "name the VLAN";
  throw new ForwardingError({ key: `${key}.mac`, value: mac, reason, remedy });
}

function checkOnce(seen: Map<string, string>, wish: CheckedFdb["wish"], key: string): void {
  const entry = `${wish.mac} ${wish.vlan}`;
  const first = seen.get(entry);
  if (first !== undefined) {
    const reason = `${first} changes it as well, in VLAN ${wish.vlan}`;
    const remedy = "name each MAC once per VLAN";
    throw new ForwardingError({ key: `${key}.mac`, value: wish.mac, reason, remedy });
  }
  seen.set(entry, key);
}

function checkPresent(
  { name }: TableNetwork,
  { op, mac, vlan }: CheckedFdb["wish"],
  present: FdbInfo | null,
  ours: boolean,
  key: string,
): void {
  const fail = (reason: string, remedy: string) =>
    new ForwardingError({ key: `${key}.mac`, value: mac, reason, remedy });
  // What we have made may always be taken back, whoever has the address by now.
  if (op === "del" && ours) return;
  if (present?.source === "pod") {
    throw fail("the address of an attachment", "it goes with the pod; name another address");
  }
  if (present?.source === "static" && !ours && present.peer !== "") {
    throw fail("an entry of the fabric", "it goes with its node; change it in the fabric");
  }
  if (present?.source === "static" && !ours) {
    throw fail("an entry of the configuration", "change it there and restart the agent");
  }
  if (op === "add" && ours) {
    const reason = `network ${name} has a static entry for it in VLAN ${vlan} already`;
    throw fail(reason, 'use op "replace", or "del" first');
  }
  if (op === "del" && present?.source === "learned") {
    throw fail("a learned address", "it is forgotten by itself; add another place for it");
  }
  if (op === "del" && !present) {
    const reason = `network ${name} has no entry for it in VLAN ${vlan}`;
    throw fail(reason, `"millrace fdb show --network ${name}" lists what is there`);
  }
}
