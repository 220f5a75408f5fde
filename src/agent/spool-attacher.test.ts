import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it } from "vitest";
import type { CniReply } from "../../cni/server.ts";
import { Spool } from "./spool.ts";
import { startSpool } from "./spool-attacher.ts";

const LIMIT_MS = 100;
const del = (id: string) => {
  const env = { CNI_COMMAND: "DEL", CNI_CONTAINERID: id, CNI_IFNAME: "eth0", CNI_PATH: "/" };
  return JSON.stringify({ env, config: '{"cniVersion":"1.1.0","name":"blue"}' });
};

it("A DEL that takes long holds up the start for a limited time, and its own ADD until it is done", async () => {
  await using cleanup = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), "mr-spool-"));
  cleanup.defer(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, "1.json"), del("slow"));
  const { promise: reply, resolve } = Promise.withResolvers<CniReply>();
  const log = pino({ level: "silent" });
  const spool = new Spool({ dir, deliver: () => reply, isAttached: () => false, log });
  cleanup.defer(() => spool.stop());

  const started = performance.now();
  await startSpool(spool, { reconcileInterval: 30 }, LIMIT_MS);
  expect(performance.now() - started).toBeGreaterThanOrEqual(LIMIT_MS - 1);
  const order: string[] = [];
  const add = (containerId: string) =>
    spool.beforeAdd({ containerId, ifname: "eth0" }, async () => void order.push(containerId));
  const slow = add("slow");
  await add("other");
  resolve({ status: 200, body: "" });
  await slow;
  expect(order).toEqual(["other", "slow"]);
  expect(spool.view()).toMatchObject({ waiting: 0, unusable: 0 });
});
