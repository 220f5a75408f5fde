import { expect, test } from "vitest";
import type { FabricNode } from "./fabric.ts";
import { type StaticNode, staticDriver } from "./static.ts";

const ONE: StaticNode = {
  name: "n1",
  vteps: [{ port: 4789, addresses: ["192.0.2.1", "2001:DB8::1"] }],
  networks: [
    { vni: 100, mac: "02:00:00:00:00:01", prefixes: ["10.1.0.0/16"], endpoints: [] },
    {
      vni: 200,
      port: 4789,
      prefixes: [],
      endpoints: [{ mac: "02:00:00:00:01:01", addresses: ["172.16.0.1"] }],
    },
  ],
};
const OWN: FabricNode = { name: "me", vteps: [], networks: [] };

async function told(...nodes: StaticNode[]) {
  const driver = staticDriver(nodes);
  const events: unknown[] = [];
  await driver.start(OWN, {
    changed: (node) => void events.push(node),
    gone: (name) => void events.push(["gone", name]),
    synchronised: () => void events.push("synchronised"),
  });
  return { driver, events };
}

test("The nodes of the configuration are told, without our own, and are all there are", async () => {
  const { driver, events } = await told(ONE, { ...ONE, name: "me" });
  const [network, bridged] = ONE.networks;
  expect(events).toEqual([
    {
      name: "n1",
      vteps: [{ udpPort: 4789, address4: "192.0.2.1", address6: "2001:db8::1" }],
      networks: [
        { vni: 100, udpPort: 4789, mac: network?.mac, prefixes: ["10.1.0.0/16"], endpoints: [] },
        { vni: 200, udpPort: 4789, mac: "", prefixes: [], endpoints: bridged?.endpoints },
      ],
    },
    "synchronised",
  ]);
  expect(driver.status()).toMatchObject({ driver: "static", connected: true, nodes: 1 });
  expect(driver.status().synchronisedAt).toBeGreaterThan(0);
});

test("A fabric without other nodes is synchronised as well", async () => {
  const { driver, events } = await told();
  expect(events).toEqual(["synchronised"]);
  expect(driver.status()).toMatchObject({ connected: true, nodes: 0, lastError: "" });
});

test("It is not connected before the start and after the end", async () => {
  expect(staticDriver([ONE]).status()).toMatchObject({ connected: false, synchronisedAt: 0 });
  const { driver } = await told(ONE);
  driver.publish(OWN);
  await driver.close();
  expect(driver.status().connected).toBe(false);
});
