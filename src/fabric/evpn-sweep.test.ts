import { afterEach, describe, expect, it } from "vitest";
import { createLogger } from "../telemetry/log.ts";
import { evpnDriver } from "./evpn.ts";
import { kernelError, kernelWith, neighbour, VXLAN } from "./evpn-fixture.ts";
import { sweepEvpn } from "./evpn-sweep.ts";

const NAME = "vxlan100";
const OPTIONS = { devices: [{ vxlan: NAME }] };
const OURS = neighbour("10.0.0.1", "02:00:00:00:0a:01", { external: false, own: true });
const BRIDGES = [VXLAN.bridge, "br9"].map((name) => ({ name, alias: "", kind: "bridge" }));

/** A kernel with neighbours of ours on two bridges, whose answers about the device are these in turn. */
function open(...answers: (typeof VXLAN | Error)[]) {
  const removed: string[] = [];
  const kernel = kernelWith({
    listLinks: async () => BRIDGES as never,
    describeKernelVxlan: async () => {
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? null;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    listKernelNeighbours: async () => [OURS],
    removeKernelNeighbour: async (bridge) => removed.push(bridge) > 0,
  });
  return { kernel, removed };
}

let closing = async () => {};
afterEach(() => closing());

describe("a sweep", () => {
  it("takes our neighbours from bridges of devices that are not configured, and no other", async () => {
    const { kernel, removed } = open(VXLAN);
    await sweepEvpn(kernel, OPTIONS);
    expect(removed).toEqual(["br9"]);
  });

  it("takes nothing while the kernel does not say which bridges those are", async () => {
    const { kernel, removed } = open(kernelError("EBUSY"));
    await expect(sweepEvpn(kernel, OPTIONS)).rejects.toThrow("EBUSY");
    expect(removed).toEqual([]);
  });

  it("goes on where the name is that of another kind of device", async () => {
    const { kernel, removed } = open(kernelError("EINVAL"));
    await sweepEvpn(kernel, OPTIONS);
    expect(removed).toEqual([VXLAN.bridge, "br9"]);
  });

  it("is done by the driver as soon as the kernel says it", async () => {
    const { kernel, removed } = open(kernelError("EBUSY"), VXLAN);
    const driver = evpnDriver(OPTIONS, kernel, createLogger("silent"));
    closing = () => driver.close();
    const own = { name: "a", vteps: [], networks: [] };
    await driver.start(own, { changed: () => {}, gone: () => {}, synchronised: () => {} });
    await expect.poll(() => driver.status().lastError).toBe("EBUSY");
    // The pod that is not wanted by `own` is another matter.
    expect(removed).not.toContain("br9");
    await expect.poll(() => removed, { timeout: 3000 }).toContain("br9");
    expect(driver.status().lastError).toBe("");
  });
});
