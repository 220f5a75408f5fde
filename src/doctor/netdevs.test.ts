import { describe, expect, it } from "vitest";
import type { HostLink } from "../dataplane/native.ts";
import { fixtureHost, fixtureLink, fixtureNative, type Tree } from "./fixture.ts";
import { checkNetdevs, expectation } from "./netdevs.ts";

function findingsFor(links: HostLink[], features: string[] | null = null, tree: Tree = {}) {
  const native = fixtureNative({
    listLinks: async () => links,
    netdevFeatures: async () =>
      links.map(({ ifindex, name }) => ({
        ifindex,
        name,
        features: features ?? [],
        known: features !== null,
      })),
  });
  return checkNetdevs({ ...fixtureHost(tree), native });
}

describe("checkNetdevs", () => {
  it("shows the driver and what its XDP features let one expect", async () => {
    const driver = "sys/class/net/eth0/device/driver";
    const tree = { [driver]: { link: "../../../../bus/pci/drivers/ice" } };
    const features = ["basic", "redirect", "xsk-zerocopy"];
    const [finding] = await findingsFor([fixtureLink("eth0")], features, tree);
    expect(finding).toEqual({
      check: "eth0",
      status: "ok",
      text: "ice, MTU 1500, up: native XDP, zero-copy (basic, redirect, xsk-zerocopy)",
    });
  });

  it("says what the driver usually offers when the kernel does not tell", async () => {
    const [finding] = await findingsFor([fixtureLink("v0", { kind: "veth" })]);
    expect(finding?.text).toBe("veth, MTU 1500, up: usually native XDP, copy mode");
  });

  it("leaves the loopback and the host ends of pods out", async () => {
    const own = fixtureLink("mr1", { alias: "millrace:c1:eth0", xdpProgram: 7 });
    expect(await findingsFor([fixtureLink("lo"), own])).toEqual([]);
  });

  it("warns of an XDP program of another owner", async () => {
    const [, finding] = await findingsFor([fixtureLink("eth0", { xdpProgram: 42 })]);
    expect(finding).toMatchObject({ status: "warning", text: expect.stringContaining("42") });
  });

  it("warns of an MTU that no frame holds, with the setting that helps", async () => {
    const [, finding] = await findingsFor([fixtureLink("eth0", { mtu: 3000 })]);
    expect(finding).toMatchObject({
      status: "warning",
      remedy: expect.stringContaining('"dataplane.frameSize" to 4096'),
    });
    expect(await findingsFor([fixtureLink("eth0")])).toHaveLength(1);
  });

  it("has nothing to say without the addon", async () => {
    expect(await checkNetdevs({ ...fixtureHost(), native: null })).toEqual([]);
  });
});

describe("expectation", () => {
  it("follows the features of the netdev family", () => {
    expect(expectation([])).toBe("generic XDP only");
    expect(expectation(["basic"])).toContain("generic mode");
    expect(expectation(["basic", "redirect"])).toBe("native XDP, copy mode");
  });
});
