import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { bytesOf } from "../../bench/lib/meminfo.ts";
import { endpointKey } from "../../src/fabric/etcd-keys.ts";
import { type Overlay, ROUTER } from "../fixtures/overlay.ts";
import { manyNode, stationOf } from "../fixtures/overlay-many.ts";
import {
  bridgedTenant,
  type OverlayNode,
  routedTenant,
  UNDERLAY,
} from "../fixtures/overlay-node.ts";
import { overlayScenario } from "../fixtures/overlay-scenario.ts";
import { printConvergence } from "../fixtures/overlay-view.ts";
import { waitFor } from "../fixtures/wait.ts";

const NODES = 1000;
const ENDPOINTS = 50_000;
const EACH = ENDPOINTS / NODES;
/** What a loaded machine may take. The aims are 10 s and 1 s. */
const SYNC_LIMIT_MS = 30_000;
const CHANGE_LIMIT_MS = 5000;
const PREFIX = "/millrace/v1";
const SCRIPT = fileURLToPath(new URL("../fixtures/overlay-many.ts", import.meta.url));

const lan = {
  nodePrefixes: ["10.83.1.0/24"],
  clusterPrefixes: ["10.64.0.0/11"],
  fdb: { size: 131_072 },
};
const networks = [UNDERLAY, routedTenant("blue", 100, 1), bridgedTenant(1, lan)];

const TITLE =
  "1,000 nodes with 50,000 endpoints are in the tables soon after an agent starts, and a change" +
  " of one at once";

overlayScenario(TITLE, { timeoutMs: 150_000 }, async (overlay) => {
  await writeMany(overlay);
  const node = await overlay.prepareNode({ config: { networks } });
  await node.namespace.must("ip", ["route", "add", "198.18.0.0/15", "via", ROUTER]);
  const started = performance.now();
  await node.start();
  await untilWhole(node);
  printConvergence(
    `${NODES} nodes and ${ENDPOINTS} endpoints, the agent's start included`,
    performance.now() - started,
  );
  console.log(`resident memory of the agent: ${residentMb(node)} MB`);
  const fabric = await node.millrace("fabric");
  expect(fabric).toMatchObject({ connected: true, rejected: [], conflicts: [], problem: "" });
  await expectWhole(node, 777);

  const added = stationOf(500, EACH, ENDPOINTS);
  const where = { network: "4789-200", node: "many-500", mac: added.mac };
  const value = JSON.stringify({ version: 1, addresses: added.addresses });
  const put = performance.now();
  await overlay.store.etcdctl("put", endpointKey(PREFIX, where), value);
  await untilBehind(node, added.mac, "198.18.1.244", CHANGE_LIMIT_MS);
  printConvergence("one more endpoint, etcdctl's start included", performance.now() - put);

  await node.agent.stop();
  const again = performance.now();
  await node.start();
  await untilWhole(node, ENDPOINTS + 1);
  printConvergence("the same after a restart of the agent", performance.now() - again);
});

/** In the namespace of etcd, where it can be reached. */
async function writeMany({ middle, store }: Overlay): Promise<void> {
  const args = [SCRIPT, store.url, PREFIX, `${NODES}`, `${EACH}`];
  await middle.must(process.execPath, args, { timeoutMs: 60_000 });
}

/** The tables have everything. */
async function untilWhole({ agent }: OverlayNode, endpoints = ENDPOINTS): Promise<void> {
  const ask = async () => {
    const [vteps, vnis] = [await agent.client.vteps(), agent.client.vnis()];
    const of = (name: string) => vnis.then((all) => all.find(({ network }) => network === name));
    const [blue, lan] = [await of("blue"), await of("lan")];
    return {
      peers: vteps[0]?.peers.length,
      prefixes: blue?.remotePrefixes,
      endpoints: lan?.remoteEndpoints,
      flood: lan?.flood.length,
    };
  };
  const wanted = { peers: NODES, prefixes: NODES, endpoints, flood: NODES };
  const isRight = (answer: object) => JSON.stringify(answer) === JSON.stringify(wanted);
  await waitFor(JSON.stringify(wanted), ask, isRight, SYNC_LIMIT_MS);
}

/** Everything of one node is where the loop looks. */
async function expectWhole(node: OverlayNode, i: number): Promise<void> {
  const { vteps, networks } = manyNode(i, EACH);
  const vtep = vteps[0]?.address4 ?? "";
  const { entries } = await node.millrace("fdb", "--network", "lan");
  expect(entries).toHaveLength(ENDPOINTS);
  const macs = entries.filter(({ peer }: { peer: string }) => peer === vtep);
  const wanted = networks[1]?.endpoints.map(({ mac }) => mac).sort();
  expect(macs.map(({ mac }: { mac: string }) => mac).sort()).toEqual(wanted);
  const [prefix = ""] = networks[0]?.prefixes ?? [];
  const { routes } = await node.millrace("routes", "--network", "blue", "--within", prefix);
  expect(routes[0]?.nextHops[0]?.address).toBe(vtep);
}

async function untilBehind(
  { agent }: OverlayNode,
  mac: string,
  vtep: string,
  limitMs: number,
): Promise<void> {
  const ask = async () => (await agent.client.fdb({ network: "lan", mac })).entries;
  const isThere = (entries: { peer: string }[]) => entries.some(({ peer }) => peer === vtep);
  await waitFor(`${mac} behind ${vtep}`, ask, isThere, limitMs);
}

function residentMb({ agent }: OverlayNode): number {
  const status = readFileSync(`/proc/${agent.pid}/status`, "utf8");
  return Math.round((bytesOf(status, "VmRSS") ?? Number.NaN) / 1e6);
}
