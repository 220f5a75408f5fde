import { afterEach, expect, it } from "vitest";
import type { KernelFdbEntry } from "../dataplane/native.ts";
import { createLogger } from "../telemetry/log.ts";
import { evpnDriver } from "./evpn.ts";
import { flood, kernelWith, VXLAN } from "./evpn-fixture.ts";
import type { FabricNode } from "./fabric.ts";

const [B, C] = ["192.0.2.2", "192.0.2.3"];
const LATER = { ...VXLAN, ...{ ifindex: 5, vni: 200, udpPort: 8472, bridge: "br1" } };
const network = { mac: "", prefixes: [], endpoints: [] };
const OWN: FabricNode = {
  name: "a",
  vteps: [4789, 8472].map((udpPort) => ({ udpPort, address4: VXLAN.local, address6: "" })),
  networks: [VXLAN, LATER].map(({ vni, udpPort }) => ({ vni, udpPort, ...network })),
};

/** Two devices, the second of which is not there at first. */
function open() {
  const fdb: Record<string, KernelFdbEntry[]> = { vxlan100: [flood(B), flood(C)] };
  const kernel = kernelWith({
    describeKernelVxlan: async (name) => {
      if (name === "vxlan100") return VXLAN;
      return fdb[name] ? LATER : null;
    },
    listKernelFdb: async (name) => fdb[name] ?? [],
  });
  const told: string[] = [];
  const devices = [{ vxlan: "vxlan100" }, { vxlan: "vxlan200" }];
  const driver = evpnDriver({ devices }, kernel, createLogger("silent"));
  closing = () => driver.close();
  const vnis = (all: readonly { vni: number }[]) => all.map(({ vni }) => vni).join("+");
  const start = () =>
    driver.start(OWN, {
      changed: ({ name, networks }, unread = []) =>
        told.push(`${name} has ${vnis(networks)}, unread ${vnis(unread)}`),
      gone: (name) => told.push(`-${name}`),
      synchronised: () => told.push("synchronised"),
    });
  return { driver, fdb, told, start };
}

let closing = async () => {};
afterEach(() => closing());

it("a network whose device was never read is left open, and said so", async () => {
  const { driver, fdb, told, start } = open();
  await start();
  await expect.poll(() => told).toEqual([`${B} has 100, unread 200`, `${C} has 100, unread 200`]);
  expect(driver.status()).toMatchObject({
    ...{ connected: false, nodes: 2, synchronisedAt: 0 },
    lastError: "vxlan200: there is no such VXLAN device",
  });
  // c has left this network. It may be in the other one.
  told.length = 0;
  fdb["vxlan100"] = [flood(B)];
  driver.kernelChanged(VXLAN.ifindex);
  await expect.poll(() => told).toEqual([`${C} has , unread 200`]);

  told.length = 0;
  fdb["vxlan200"] = [flood(B)];
  driver.kernelChanged(0);
  await expect
    .poll(() => told, { timeout: 3000 })
    .toEqual([`-${C}`, `${B} has 100+200, unread `, "synchronised"]);
  expect(driver.status()).toMatchObject({ connected: true, nodes: 1, lastError: "" });
});

it("a node that a device says nothing of, once it is read, is told again", async () => {
  const { driver, fdb, told, start } = open();
  await start();
  await expect.poll(() => told.length).toBe(2);
  told.length = 0;
  fdb["vxlan200"] = [];
  driver.kernelChanged(0);
  await expect
    .poll(() => told, { timeout: 3000 })
    .toEqual([`${B} has 100, unread `, `${C} has 100, unread `, "synchronised"]);
});
