import { describe, expect, it } from "vitest";
import { CLI } from "../../test/harness/paths.ts";
import { run } from "../../test/harness/run.ts";
import { toWebhookOptions } from "./run-webhook.ts";

const GIVEN = {
  ...{ tlsCert: "/tls/tls.crt", tlsKey: "/tls/tls.key", listen: ":8443" },
  ...{ onError: "allow" as const, multusNamespace: "kube-system", logLevel: "info" },
};

describe("options of the webhook", () => {
  it("leave kube-system alone, and what else is named", () => {
    expect(toWebhookOptions(GIVEN).ignoredNamespaces).toEqual(["kube-system"]);
    const named = toWebhookOptions({ ...GIVEN, ignoreNamespace: ["a", "b"] });
    expect(named.ignoredNamespaces).toEqual(["kube-system", "a", "b"]);
  });

  it.each([":8443", "127.0.0.1:0", "[::1]:8443", "localhost:65535"])("listen on %s", (listen) => {
    expect(toWebhookOptions({ ...GIVEN, listen }).listen).toBe(listen);
  });

  it.each(["8443", ":65536", "::1:8443", "host:", ":-1"])("do not listen on %s", (listen) => {
    expect(() => toWebhookOptions({ ...GIVEN, listen })).toThrow(
      `--listen ${JSON.stringify(listen)}; accepted: "HOST:PORT"`,
    );
  });

  it("name the configuration together with its CA", () => {
    const both = { ca: "/tls/ca.crt", configuration: "millrace-webhook" };
    expect(toWebhookOptions({ ...GIVEN, ...both }).caBundle).toEqual(both);
    expect(toWebhookOptions(GIVEN).caBundle).toBeUndefined();
    expect(() => toWebhookOptions({ ...GIVEN, ca: "x" })).toThrow("--ca without --configuration");
    expect(() => toWebhookOptions({ ...GIVEN, configuration: "x" })).toThrow(
      "--configuration without --ca; accepted: both or none",
    );
  });

  it("are refused in one line with what is accepted", async () => {
    const args = ["webhook", "--tls-cert", "a", "--tls-key", "b", "--on-error", "maybe"];
    const { exitCode, stderr } = await run(process.execPath, [CLI, ...args]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("'maybe' is invalid. Allowed choices are allow, refuse.");
  });
});
