import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CniError } from "./errors.ts";
import { parseRequest } from "./request.ts";
import { callBody } from "./test-call.ts";

// Everything that is not a CniError is a bug: these run thousands of strange calls.
describe("parseRequest never throws anything but CniError", () => {
  const calm = (body: unknown) => {
    try {
      parseRequest(body);
    } catch (error) {
      expect(error).toBeInstanceOf(CniError);
      expect(() => JSON.stringify((error as CniError).toJSON("1.1.0"))).not.toThrow();
    }
  };
  const keys = fc.constantFrom(
    "cniVersion",
    "name",
    "network",
    "mode",
    "mtu",
    "queues",
    "vlan",
    "vlanTrunk",
    "spoofchk",
    "ipam",
    "dns",
    "capabilities",
    "runtimeConfig",
    "args",
    "prevResult",
    "agentSocket",
    "cni.dev/valid-attachments",
    "__proto__",
    "constructor",
  );

  it("for any JSON value as the call", () => {
    fc.assert(fc.property(fc.jsonValue(), calm), { numRuns: 500 });
  });

  it("for any variables", () => {
    const env = fc.dictionary(
      fc.constantFrom("CNI_COMMAND", "CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS", "CNI_ARGS"),
      fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue()),
    );
    fc.assert(
      fc.property(env, (changed) => calm(callBody({ env: changed }))),
      { numRuns: 500 },
    );
  });

  it("for any text as the configuration", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.json());
    fc.assert(
      fc.property(text, (config) => calm(callBody({ config }))),
      { numRuns: 500 },
    );
  });

  it("for any values of known and unknown keys, with every verb", () => {
    const verbs = fc.constantFrom("ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION");
    const config = fc.dictionary(fc.oneof(keys, fc.string()), fc.jsonValue());
    fc.assert(
      fc.property(verbs, config, (command, changed) =>
        calm(callBody({ command, config: changed })),
      ),
      { numRuns: 2000 },
    );
  });

  it("for values nested deeper than the stack", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    for (const key of ["unknown", "mtu", "prevResult", "runtimeConfig", "cniVersion", "name"]) {
      const config = `{"cniVersion":"1.1.0","name":"blue","${key}":${deep}}`;
      calm(callBody({ config }));
    }
  });
});
