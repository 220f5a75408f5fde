import { execFileSync, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { encodeNode } from "../../src/fabric/etcd-codec.ts";
import type { FabricNode } from "../../src/fabric/fabric.ts";
import { type Etcd, startEtcd } from "../fixtures/etcd.ts";
import {
  fabricNode,
  joinFabric,
  PREFIX,
  untilConnected,
  untilTold,
} from "../fixtures/fabric-etcd.ts";
import { bareEtcdScenario } from "../fixtures/fabric-etcd-scenario.ts";
import { waitFor } from "../fixtures/wait.ts";
import type { Scope } from "../harness/scope.ts";

const LEASE = 30;
const TITLE =
  "A store that is restored from a backup gets what was published since, though it has our lease";

bareEtcdScenario(TITLE, { timeoutMs: 90_000, whatLacks }, async (scope) => {
  const etcd = await startEtcd(scope);
  const store = await etcd.client();
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), { leaseSeconds: LEASE });
  const b = await joinFabric(scope, etcd, fabricNode("b", 2, 3), { leaseSeconds: LEASE });
  await untilTold(a, "b", fabricNode("b", 2, 3));
  await untilConnected(b);
  const backup = join(scope.dir, "backup.db");
  etcdctl("--endpoints", etcd.endpoints.join(), "snapshot", "save", backup);

  // Another address of the VTEP, one endpoint less, one that moved and one more.
  const now = changed(fabricNode("b", 9, 4));
  b.driver.publish(now);
  await untilTold(a, "b", now);
  await untilConnected(b);
  const { members } = await store.cluster.memberList({});
  await etcd.members[0]?.kill();
  await untilConnected(b, false);
  await restore(scope, etcd, backup, members[0]?.peerURLs[0] ?? "");

  await untilConnected(b);
  const wanted = Object.fromEntries(encodeNode(PREFIX, now));
  const ours = async () =>
    Object.fromEntries(
      Object.entries(await store.getAll().prefix(`${PREFIX}/`).strings()).filter(([key]) =>
        /\/b(\/|$)/.test(key.slice(PREFIX.length)),
      ),
    );
  const isWanted = (found: object) =>
    JSON.stringify(sorted(found)) === JSON.stringify(sorted(wanted));
  await waitFor("what was published since", ours, isWanted, 15_000);
  await untilTold(a, "b", now);
  await delay(1000);
  expect(await ours()).toEqual(wanted);
  const { leases } = await store.leaseClient.leaseLeases();
  // Those of the backup: nothing was written because a lease had ended.
  expect(leases).toHaveLength(2);
  expect(a.told.filter((call) => call.startsWith("gone"))).toEqual([]);
});

function changed(node: FabricNode): FabricNode {
  const [network] = node.networks;
  const endpoints = fabricNode("b", 2, 4)
    .networks.flatMap((one) => one.endpoints)
    .slice(1)
    .map((one, i) => (i === 0 ? { ...one, addresses: ["10.0.2.77"] } : one));
  return { ...node, networks: [{ ...network, endpoints }] } as FabricNode;
}

async function restore(scope: Scope, etcd: Etcd, backup: string, peer: string): Promise<void> {
  const data = join(scope.dir, "etcd0");
  rmSync(data, { recursive: true });
  const cluster = ["--name", "etcd0", "--initial-cluster", `etcd0=${peer}`];
  const place = ["--initial-advertise-peer-urls", peer, "--data-dir", data];
  etcdctl("snapshot", "restore", backup, ...cluster, ...place);
  await etcd.members[0]?.start();
}

const ENV = { PATH: process.env["PATH"] ?? "", ETCDCTL_API: "3" };

function etcdctl(...args: string[]): void {
  execFileSync("etcdctl", args, { env: ENV, stdio: "pipe", timeout: 20_000 });
}

function whatLacks(): string {
  const { error } = spawnSync("etcdctl", ["version"], { env: ENV, timeout: 10_000 });
  return error ? `needs etcdctl: install the Debian package etcd-client (${error.message})` : "";
}

const sorted = (entries: object) => Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));
