import { describe, expect, it } from "vitest";
import { checkCapabilities } from "./capabilities.ts";
import { CONF, fixtureHost } from "./fixture.ts";

function found(...plugins: Record<string, unknown>[]) {
  const text = JSON.stringify({ cniVersion: "1.1.0", name: "blue", plugins });
  return checkCapabilities(fixtureHost({ [`${CONF}/10-millrace.conflist`]: text }));
}

const OURS = { type: "millrace", capabilities: { ips: true, mac: true } };
const PORTMAP = { type: "portmap", capabilities: { portMappings: true } };

describe("checkCapabilities", () => {
  it("has nothing to say of a chain in which each plugin declares what it has", () => {
    expect(found(OURS, PORTMAP, { type: "bandwidth", ingressRate: 1 })).toEqual([]);
  });

  it("warns of a capability that we would refuse at ADD, with the plugin that has it", () => {
    const refused = { type: "millrace", capabilities: { mac: true, portMappings: true } };
    expect(found(refused)).toMatchObject([
      {
        status: "warning",
        text: expect.stringContaining("millrace refuses the capability portMappings"),
        remedy: expect.stringContaining("chain the plugin portmap"),
      },
    ]);
  });

  it("warns of a plugin that does nothing without its capability", () => {
    expect(found(OURS, { type: "portmap" })).toMatchObject([
      { text: expect.stringContaining("so it ignores hostPort of pods") },
    ]);
    expect(found(OURS, { type: "bandwidth" })[0]?.text).toContain("ingress-bandwidth");
  });

  it("warns of a capability at a plugin that has no use for it", () => {
    const [finding] = found(OURS, { type: "firewall", capabilities: { bandwidth: true } });
    expect(finding?.text).toContain("firewall has no use for the capability bandwidth");
  });

  it("counts what the plugin for addresses takes, and nothing that is set to false", () => {
    const ipam = { type: "host-local" };
    expect(found({ type: "bridge", ipam, capabilities: { ips: true, dns: false } })).toEqual([]);
  });

  it("judges no plugin that it does not know", () => {
    expect(found({ type: "cilium-cni", capabilities: { x: true } })).toEqual([]);
  });
});
