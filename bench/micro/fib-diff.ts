import type { NodeEntries } from "../../src/vxlan/desired.ts";
import type { Entries } from "../../src/vxlan/diff.ts";
import { slotId } from "../../src/vxlan/slot.ts";
import { Slots } from "../../src/vxlan/slots.ts";
import { Facts, type OverlayNetwork } from "../../src/vxlan/tables.ts";
import type { MicroCase } from "./case.ts";

const routes = 100_000;
const changed = 100;
const node = "border";
const network: OverlayNetwork = {
  name: "blue",
  kind: "routed",
  vni: 100,
  vtep: "main",
  mac: "02:00:00:00:00:01",
  mtu: 1450,
  port: 3,
  prefixes: ["10.1.0.0/24"],
};
const none: NodeEntries = new Map();

/** What a node's routes should be; every thousandth leads to `peer`. */
function desired(peer: string): NodeEntries {
  const entries: Entries = new Map(
    Array.from({ length: routes }, (_, n) => [
      `${100 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.0/24`,
      n % (routes / changed) === 0 ? peer : "192.0.2.1",
    ]),
  );
  return new Map([[slotId("routes", network.name), entries]]);
}

/**
 * Takes over what the node wants now and what has to be written for it, as if the dataplane had
 * taken all of it. @returns the number of changes
 */
function settle(slots: Slots, before: NodeEntries, after: NodeEntries): number {
  slots.update([{ node, before, after }]);
  const slot = slots.get("routes", network.name);
  const changes = slot?.takeChanges() ?? [];
  for (const change of changes) slot?.succeeded(change);
  return changes.length;
}

function newSlots(): Slots {
  const slots = new Slots();
  slots.setFacts(new Facts([], [network]));
  return slots;
}

function requireChanges(count: number, expected: number): void {
  if (count !== expected) throw new Error(`${count} routes changed, expected ${expected}`);
}

export const fibDiff: MicroCase = {
  name: "micro-fib-diff",
  what: `${routes} routes of a node compared with those it had, ${changed} of them changed`,
  prepare() {
    const slots = newSlots();
    let [now, next] = [desired("192.0.2.2"), desired("192.0.2.3")];
    requireChanges(settle(slots, none, now), routes);
    return () => {
      requireChanges(settle(slots, now, next), changed);
      [now, next] = [next, now];
    };
  },
};

export const fibLoad: MicroCase = {
  name: "micro-fib-load",
  what: `the same ${routes} routes when the node is new`,
  prepare() {
    const all = desired("192.0.2.2");
    return () => requireChanges(settle(newSlots(), none, all), routes);
  },
};
