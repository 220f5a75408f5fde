import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ATTACHMENT } from "../../cni/test-call.ts";
import { Journal } from "./journal.ts";
import type { Addressing, FastpathRecord } from "./records.ts";

const ipam = { type: "host-local", env: { CNI_PATH: "/opt/cni/bin" }, config: "{}" };
const RECORD: FastpathRecord = { ...ATTACHMENT, addresses: [], routes: [], ipam };
const ADDRESSING: Addressing = {
  addresses: [{ address: "10.1.0.50/32", gateway: "10.1.0.1" }],
  routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }],
  dns: { nameservers: ["10.1.0.53"] },
};
const KEY = "pod1:eth0";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mr-addressed-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (compactBytes?: number) =>
  Journal.open(dir, { warn: () => {}, ...(compactBytes && { compactBytes }) });

it.each([
  undefined,
  1,
])("what an IPAM plugin has given is read again, compacted at %s", async (at) => {
  const journal = await open(at);
  await journal.begin(RECORD);
  const whole = journal.addressed(RECORD, ADDRESSING);
  expect(whole).toMatchObject({
    addresses: ADDRESSING.addresses,
    routes: ADDRESSING.routes,
    ipam: { ...ipam, dns: ADDRESSING.dns },
  });
  await journal.commit(whole);
  await journal.close();
  const again = await open();
  expect(again.attachments.get(KEY)).toEqual({ state: "attached", steps: [], record: whole });
  await again.close();
});

it("an ADD that ended before the plugin had answered is known with the plugin", async () => {
  const journal = await open();
  await journal.begin(RECORD);
  await journal.close();
  const again = await open();
  expect(again.attachments.get(KEY)).toMatchObject({ state: "intent", record: { ipam } });
  await again.close();
});

it("addresses of an attachment that is complete are no line of a good journal", async () => {
  const journal = await open();
  await journal.begin(RECORD);
  const whole = journal.addressed(RECORD, ADDRESSING);
  await journal.commit(whole);
  expect(() => journal.addressed(whole, ADDRESSING)).toThrow("in state attached");
  await journal.close();
  const path = join(dir, "journal.jsonl");
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, `${[...lines.slice(0, -1), lines[2]].join("\n")}\n`);
  await expect(open()).rejects.toThrow(`addressed of attachment ${KEY} in state attached`);
});
