import { describe, expect, it } from "vitest";
import type { CheckRequest } from "./attacher.ts";
import { check } from "./check.ts";
import { NETNS, RecordingAttacher, request } from "./test-call.ts";

const PREVIOUS = {
  cniVersion: "1.1.0",
  interfaces: [
    { name: "eth0", mac: "02:00:00:00:00:09", sandbox: "/run/netns/other" },
    { name: "mr0123456789", mac: "02:00:00:00:00:01", mtu: 1450 },
    { name: "eth0", mac: "02:00:00:00:00:0A", mtu: 1450, sandbox: NETNS },
  ],
  ips: [
    { address: "10.9.0.9/32", interface: 0 },
    { address: "10.1.0.2/32", gateway: "10.1.0.1", interface: 2 },
    { address: "fd00:1::2/128", gateway: "fd00:1::1", interface: 2 },
  ],
};

function run(config: Record<string, unknown>, attacher = new RecordingAttacher()) {
  return check(request({ command: "CHECK", config }), attacher);
}

describe("CHECK", () => {
  it("compares the pod end of this attachment with what prevResult says of it", async () => {
    const attacher = new RecordingAttacher();
    await expect(run({ prevResult: PREVIOUS }, attacher)).resolves.toBe("");
    const asked = attacher.calls[0]?.[1] as CheckRequest;
    expect(asked).toMatchObject({
      containerId: "pod1",
      ifname: "eth0",
      netns: NETNS,
      network: "blue",
    });
    expect(asked.expected).toMatchObject({
      mac: "02:00:00:00:00:0a",
      mtu: 1450,
      addresses: ["10.1.0.2/32", "fd00:1::2/128"],
    });
  });

  it("expects no MTU from a version that has none", async () => {
    const attacher = new RecordingAttacher();
    const interfaces = [{ name: "eth0", sandbox: NETNS }];
    const ips = [{ version: "4", address: "10.1.0.2/32", interface: 0 }];
    await run({ cniVersion: "0.4.0", prevResult: { interfaces, ips } }, attacher);
    expect(attacher.calls[0]?.[1]).toHaveProperty("expected.mac", null);
    expect(attacher.calls[0]?.[1]).toHaveProperty("expected.mtu", null);
  });

  it("needs prevResult", async () => {
    await expect(run({})).rejects.toMatchObject({
      code: 7,
      message: expect.stringContaining("prevResult"),
    });
  });

  it("names everything that the agent finds different", async () => {
    const attacher = new RecordingAttacher();
    attacher.differences = ["eth0 is down", "address 10.1.0.2/32 is missing"];
    await expect(run({ prevResult: PREVIOUS }, attacher)).rejects.toMatchObject({
      code: 100,
      message: "attachment pod1:eth0 is not as it was added",
      details: "eth0 is down; address 10.1.0.2/32 is missing",
    });
  });

  it.each([
    [
      "has no such interface",
      { interfaces: [], ips: [] },
      `prevResult has no interface eth0 in ${NETNS}`,
    ],
    [
      "has it in another namespace",
      {
        interfaces: [{ name: "eth0", sandbox: "/run/netns/other" }],
        ips: PREVIOUS.ips.slice(0, 1),
      },
      `prevResult has eth0 in /run/netns/other, the call in ${NETNS}`,
    ],
  ])("fails when prevResult %s", async (_, prevResult, words) => {
    await expect(run({ prevResult })).rejects.toMatchObject({ code: 100, details: words });
  });
});
