import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { makeAuthority } from "../../../test/fixtures/webhook-certificates.ts";
import { readServingCertificate } from "./certificate.ts";
import { CertificateFiles } from "./certificate-files.ts";
import { needsCertificates } from "./server-fixture.ts";

needsCertificates();

const DAY_MS = 24 * 3600 * 1000;
let dir = "";

afterEach(() => rmSync(dir, { recursive: true }));

/** How often the log warns when it is looked at so many days before the end. */
async function warnings(life: number, daysBefore: readonly number[]): Promise<number[]> {
  dir = mkdtempSync(join(tmpdir(), "millrace-webhook-"));
  const { cert, key } = await (await makeAuthority(dir)).issue(life);
  const [tlsCert, tlsKey] = [join(dir, "tls.crt"), join(dir, "tls.key")];
  writeFileSync(tlsCert, cert);
  writeFileSync(tlsKey, key);
  let lines = 0;
  const log = pino({ level: "warn" }, { write: () => lines++ });
  const { validTo } = readServingCertificate(cert, key);
  let now = validTo - life * DAY_MS;
  const files = new CertificateFiles({ tlsCert, tlsKey }, log, () => now);
  return daysBefore.map((days) => {
    now = validTo - days * DAY_MS;
    expect(files.poll()).toBeNull();
    expect(files.problem() === "").toBe(days > 0);
    return lines;
  });
}

test("the log warns once a day from 30 days before the end of a certificate", async () => {
  const days = [100, 30.1, 29.9, 29.5, 28.95, 28.8, 27.8, 0];
  expect(await warnings(365, days)).toEqual([0, 0, 1, 1, 1, 2, 3, 4]);
});

test("the log warns of a short life in its last quarter", async () => {
  expect(await warnings(8, [7, 2.1, 1.9, 0.8])).toEqual([0, 0, 1, 2]);
});
