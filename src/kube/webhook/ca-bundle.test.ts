import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitFor } from "../../../test/fixtures/wait.ts";
import { makeAuthority } from "../../../test/fixtures/webhook-certificates.ts";
import { CaBundle, type CaBundleTiming } from "./ca-bundle.ts";
import { needsCertificates } from "./server-fixture.ts";

needsCertificates();

// The API proper is in test/netns/webhook-away.test.ts; here it fails when it is told to.
let dir: string;
let failure: string;
let webhooks: { name: string; caBundle: string }[];
let written: string[][];
let complaints: string[];
let bundle: CaBundle;
let poller: NodeJS.Timeout;

const api = {
  async webhooks() {
    if (failure !== "") throw new Error(failure);
    return webhooks.map((one) => ({ ...one }));
  },
  async setCaBundle(_name: string, names: readonly string[], caBundle: string) {
    written.push([...names]);
    for (const one of webhooks) if (names.includes(one.name)) one.caBundle = caBundle;
  },
};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "millrace-webhook-"));
  writeFileSync(join(dir, "ca.crt"), (await makeAuthority(dir)).ca);
  [failure, written, complaints] = ["", [], []];
  webhooks = [
    { name: "a", caBundle: "" },
    { name: "b", caBundle: base64() },
  ];
});

function start(timing: CaBundleTiming = { retryMs: 50, recheckMs: 60_000 }): void {
  const log = pino(
    { level: "warn" },
    { write: (line) => complaints.push(JSON.parse(line).reason) },
  );
  const options = { ca: join(dir, "ca.crt"), configuration: "millrace-webhook" };
  bundle = new CaBundle(options, api, log, timing);
  poller = setInterval(() => bundle.poll(), 10);
}

afterEach(async () => {
  clearInterval(poller);
  await bundle.close();
  rmSync(dir, { recursive: true });
});

const base64 = () => readFileSync(join(dir, "ca.crt")).toString("base64");
const untilRight = () =>
  waitFor(
    "each webhook has the bundle",
    () => webhooks.every((one) => one.caBundle === base64()),
    Boolean,
  );

test("only webhooks with another bundle are written to, and again when somebody changes one", async () => {
  start({ retryMs: 50, recheckMs: 200 });
  await untilRight();
  expect(written).toEqual([["a"]]);
  (webhooks[1] as { caBundle: string }).caBundle = "b3RoZXI=";
  await untilRight();
  expect(written).toEqual([["a"], ["b"]]);
});

test("an API that is away is asked again, and complained about once", async () => {
  failure = "connect ECONNREFUSED";
  start();
  await waitFor("a complaint", () => complaints.length, Boolean);
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(complaints).toEqual(["connect ECONNREFUSED"]);
  failure = "";
  await untilRight();
});

test("a file that is half written changes nothing, a whole one is written at once", async () => {
  start();
  await untilRight();
  const first = readFileSync(join(dir, "ca.crt"), "utf8");
  const before = first + first;
  writeFileSync(join(dir, "ca.crt"), before);
  await untilRight();
  writeFileSync(join(dir, "ca.crt"), before.slice(0, 200));
  await waitFor(
    "a complaint",
    () => complaints.at(-1),
    (reason) => /not whole/.test(reason ?? ""),
  );
  expect(webhooks[0]?.caBundle).toBe(Buffer.from(before).toString("base64"));
  writeFileSync(join(dir, "ca.crt"), first);
  await untilRight();
});
