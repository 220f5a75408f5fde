import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { describe, expect, it } from "vitest";
import { waitFor } from "../../../test/fixtures/wait.ts";
import { run } from "../../../test/harness/run.ts";
import { podWith, reviewOf } from "./fixture.ts";
import { type Bench, bench, keepAlive, needsCertificates } from "./server-fixture.ts";

needsCertificates();

const secret = ({ cert, key }: { cert: string; key: string }) => ({
  ...{ "tls.crt": cert, "tls.key": key },
});
const serialNow = async ({ call }: Bench) => (await call("GET", "/healthz")).serial;

describe("a certificate that is renewed", () => {
  it("is shown to new connections, and open ones go on", async () => {
    const all = await bench();
    const { port } = await all.open();
    const agent = keepAlive();
    const before = await all.call("GET", "/healthz", "", agent);

    const { ca } = all.authority;
    const to = { host: "127.0.0.1", servername: "localhost", port, ca, agent: new Agent() };
    const underWay = request({ ...to, method: "POST", path: "/mutate" });
    const answered = once(underWay, "response");
    const body = JSON.stringify(reviewOf(podWith({})));
    underWay.write(body.slice(0, 50));

    all.volume.write(secret(await all.authority.issue()));
    await waitFor(
      "the new one",
      () => serialNow(all),
      (serial) => serial !== before.serial,
    );

    underWay.end(body.slice(50));
    const [response] = await answered;
    expect(response.statusCode).toBe(200);
    response.resume();
    expect(await all.call("GET", "/healthz", "", agent)).toEqual({ ...before, reused: true });
    expect(all.complaints).toEqual([]);
  });

  it("can be of another authority, and the log says who does not trust it", async () => {
    const [all, other] = [await bench(), await bench()];
    const { port } = await all.open();
    all.volume.write(secret(await other.authority.issue()));
    const trusted = () => serialNow(all).catch((error: Error) => error.message);
    await waitFor("the old authority is not enough", trusted, (said) => /certificate/.test(said));
    // Node's own client leaves without a word, the API server does not.
    const to = ["-connect", `127.0.0.1:${port}`, "-CAfile", all.authority.path];
    await run("openssl", ["s_client", ...to, "-verify_return_error"]);
    await waitFor("it is said", () => all.complaints.length, Boolean);
    expect(all.complaints).toMatchObject([
      { msg: "a client does not trust the serving certificate" },
    ]);
  });

  it("is taken once it is whole; until then the old one stays and the log says why", async () => {
    const all = await bench();
    await all.open();
    const before = await serialNow(all);
    const next = await all.authority.issue();
    const complaint = (part: string) =>
      waitFor(
        part,
        () => all.complaints.at(-1)?.reason ?? "",
        (reason) => reason.includes(part),
      );
    const [cert, key] = [all.volume.path("tls.crt"), all.volume.path("tls.key")];

    writeFileSync(cert, next.cert.slice(0, 300));
    await complaint("the file is not whole");
    expect(await serialNow(all)).toBe(before);
    writeFileSync(cert, "");
    await complaint("no certificate in the file");
    writeFileSync(cert, next.cert);
    await complaint("the key is not that of the certificate");
    expect(await serialNow(all)).toBe(before);
    writeFileSync(key, next.key.slice(0, 100));
    await complaint("the key cannot be read");
    expect(await serialNow(all)).toBe(before);
    expect(all.complaints).toHaveLength(4);
    expect(all.complaints[0]).toMatchObject({
      msg: "new serving certificate not used; the one before goes on",
      reason: expect.stringContaining(`${cert} with ${key}`),
    });

    writeFileSync(key, next.key);
    await waitFor(
      "the new one",
      () => serialNow(all),
      (serial) => serial !== before,
    );
  });

  it("is not taken when it has expired already", async () => {
    const all = await bench();
    await all.open();
    const before = await serialNow(all);
    all.volume.write(secret(await all.authority.issue(-1)));
    await waitFor(
      "said",
      () => all.complaints.at(-1)?.reason,
      (said) => /expired/.test(said ?? ""),
    );
    expect(await serialNow(all)).toBe(before);
  });
});

describe("a certificate that has expired", () => {
  it("shows in health, log and metrics until it is renewed", async () => {
    const all = await bench({ days: -1 });
    await all.open();
    // Who probes does not look at dates.
    const probe = new Agent({ rejectUnauthorized: false });
    const sick = await all.call("GET", "/healthz", "", probe);
    expect(sick).toMatchObject({ status: 503, body: expect.stringContaining("has expired at 20") });
    expect(all.complaints).toMatchObject([{ msg: "the serving certificate must be renewed" }]);
    const { body } = await all.call("GET", "/metrics", "", probe);
    const [, seconds] = /^millrace_webhook_certificate_expiry_\w+ (\d+)$/m.exec(body) ?? [];
    expect(Date.now() / 1000 - Number(seconds)).toBeCloseTo(24 * 3600, -2);

    all.volume.write(secret(await all.authority.issue()));
    const health = () => all.call("GET", "/healthz", "", probe);
    await waitFor("health", health, ({ status }) => status === 200);
  });
});

describe("the webhook does not start", () => {
  it("without its files, and names them", async () => {
    const { open, volume } = await bench();
    await expect(open({ tlsCert: "/nowhere/tls.crt" })).rejects.toThrow(
      /serving certificate \/nowhere\/tls.crt with .*tls.key: ENOENT/,
    );
    await expect(open({ tlsKey: volume.path("tls.crt") })).rejects.toThrow("a private key in PEM");
  });
});
