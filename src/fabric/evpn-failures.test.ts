import { afterEach, describe, expect, it } from "vitest";
import type { KernelFdbEntry } from "../dataplane/native.ts";
import { createLogger } from "../telemetry/log.ts";
import { evpnDriver } from "./evpn.ts";
import { fdbEntry, flood, kernelWith, VXLAN } from "./evpn-fixture.ts";
import type { FabricNode } from "./fabric.ts";

// A kernel that fails in ways that a real one cannot be made to; the real one is in test/netns.

const B = "192.0.2.2";
const M1 = "02:00:00:00:0b:01";
const OWN: FabricNode = {
  name: "a",
  vteps: [{ udpPort: 4789, address4: VXLAN.local, address6: "" }],
  networks: [{ vni: 100, udpPort: 4789, mac: "", prefixes: [], endpoints: [] }],
};
const WHOLE = [flood(B), fdbEntry(M1, B)];

/** Answers in turn; the last one again and again. */
function open(...answers: (readonly KernelFdbEntry[] | Error)[]) {
  const kernel = kernelWith({
    listKernelFdb: async (ifname) => {
      if (ifname !== "vxlan100") return [];
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
      if (answer instanceof Error) throw answer;
      return [...answer];
    },
  });
  const told: string[] = [];
  const driver = evpnDriver({ devices: [{ vxlan: "vxlan100" }] }, kernel, createLogger("silent"));
  closing = () => driver.close();
  const start = () =>
    driver.start(OWN, {
      changed: ({ networks }) => told.push(`${networks[0]?.endpoints.length} stations`),
      gone: (name) => told.push(`-${name}`),
      synchronised: () => told.push("synchronised"),
    });
  return { driver, told, start };
}

let closing = async () => {};
afterEach(() => closing());

describe("a table that cannot be read", () => {
  it("takes nothing away, and is read again", async () => {
    const { driver, told, start } = open(WHOLE, new Error("EAGAIN"), [flood(B)]);
    await start();
    await expect.poll(() => told).toEqual(["1 stations", "synchronised"]);
    expect(driver.status()).toMatchObject({ connected: true, nodes: 1, lastError: "" });
    driver.kernelChanged(VXLAN.ifindex);
    await expect.poll(() => driver.status().lastError).toBe("EAGAIN");
    expect(told).toEqual(["1 stations", "synchronised"]);
    expect(driver.status()).toMatchObject({ connected: false, nodes: 1 });
    await expect.poll(() => told.at(-1), { timeout: 3000 }).toBe("0 stations");
    expect(driver.status()).toMatchObject({ connected: true, lastError: "" });
  });

  it("is not told of when it never was read", async () => {
    const { driver, told, start } = open(new Error("EAGAIN"), new Error("EAGAIN"), WHOLE);
    await start();
    await expect.poll(() => driver.status().lastError).toBe("EAGAIN");
    expect(told).toEqual([]);
    expect(driver.status()).toMatchObject({ connected: false, synchronisedAt: 0 });
    await expect.poll(() => told, { timeout: 4000 }).toEqual(["1 stations", "synchronised"]);
  });
});

describe("an entry that a reading has passed over", () => {
  it("is looked for once more before it counts as gone", async () => {
    const { driver, told, start } = open(WHOLE, [flood(B)], WHOLE);
    await start();
    await expect.poll(() => told.length).toBe(2);
    driver.kernelChanged(0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told).toEqual(["1 stations", "synchronised"]);
  });
});

describe("an event of another device", () => {
  it("has nothing read", async () => {
    const { driver, told, start } = open(WHOLE, []);
    await start();
    await expect.poll(() => told.length).toBe(2);
    driver.kernelChanged(77);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(told.length).toBe(2);
    driver.kernelChanged(VXLAN.bridgeIfindex);
    await expect.poll(() => told.at(-1)).toBe(`-${B}`);
  });
});
