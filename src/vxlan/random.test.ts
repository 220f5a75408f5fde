import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { FabricNode } from "../fabric/fabric.ts";
import { FakeOverlay } from "./fake-tables.ts";
import {
  type Bench,
  bench,
  bridged,
  cleanUp,
  macOf,
  newDir,
  node,
  routed,
  vtepOf,
} from "./fixture.ts";

afterEach(cleanUp);

const NODES = 4;
const small = fc.integer({ min: 1, max: NODES });
const few = fc.uniqueArray(small, { maxLength: 3 });

/** Few values for all, so that nodes get into each other's way. */
const told: fc.Arbitrary<FabricNode> = fc
  .record({ n: small, at: fc.option(small), mac: fc.option(small), stations: few, prefixes: few })
  .map(({ n, at, mac, stations, prefixes }) => {
    const endpoints = stations.map((i) => ({ mac: macOf(i, 1), addresses: [`172.16.0.${i}`] }));
    const blue = {
      mac: mac === null ? "" : macOf(mac),
      prefixes: prefixes.map((i) => `10.${i}.0.0/16`),
    };
    return node(n, {
      vteps: at === null ? [] : [{ udpPort: 4789, address4: vtepOf(at), address6: "" }],
      networks: [routed(n, blue), bridged(n, { endpoints })],
    });
  });

const step = fc.oneof(
  { weight: 5, arbitrary: told },
  small.map((n) => `n${n}`),
);
/** Steps that come at once, after each other. */
const story = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 12 });

async function live({ driver, overlay }: Bench, batches: readonly (FabricNode | string)[][]) {
  for (const batch of batches) {
    for (const one of batch) {
      if (typeof one === "string") driver.listener?.gone(one);
      else driver.listener?.changed(one);
    }
    await overlay.idle();
  }
}

const contents = ({ tables }: Bench) =>
  [...tables.all].map(([id, table]) => [id, Object.fromEntries([...table].sort())]);

test("Whatever nodes tell, the dataplane refuses nothing, each entry leads to a peer, and a restart changes nothing", {
  timeout: 180_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(story, async (batches) => {
      const dir = newDir();
      const all = await bench(dir);
      await live(all, batches);
      expect(all.tables.refusals).toEqual([]);
      const peers = Object.keys(all.tables.entries("peers main"));
      for (const id of ["routes blue", "fdb blue", "fdb lan"]) {
        for (const peer of all.tables.table(id).values()) expect(peers).toContain(peer);
      }
      expect(all.tables.floods.get("lan")?.toSorted() ?? []).toEqual(
        all.overlay.view.vnis()[1]?.flood.toSorted(),
      );
      const before = contents(all).filter(([, table]) => Object.keys(table as object).length > 0);
      await all.overlay.close();
      const again = await bench(dir, new FakeOverlay());
      expect(again.tables.refusals).toEqual([]);
      expect(Object.fromEntries(contents(again))).toEqual(Object.fromEntries(before));
      await again.synchronised();
      const after = contents(again).flatMap(([, table]) => Object.keys(table as object));
      expect(after).toEqual([]);
      await cleanUp();
    }),
    { numRuns: 300 },
  );
});
