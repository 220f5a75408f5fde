import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StoredAttachment } from "../store/records.ts";
import { FakeOverlay } from "./fake-tables.ts";
import { bench, cleanUp, macOf } from "./fixture.ts";
import { ownNode, type Station, stationsOf } from "./own-node.ts";

const station = (more: Partial<Station> = {}): Station => {
  return { network: "lan", mac: macOf(9), addresses: ["172.16.0.9"], ...more };
};

describe("our node", () => {
  const { vtep, nets } = new FakeOverlay();

  it("tells its VTEP, its prefixes in routed networks and its stations in bridged ones", () => {
    const stations = [station(), station({ network: "blue", addresses: ["10.255.0.3"] })];
    expect(ownNode("me", [vtep], nets, stations)).toEqual({
      name: "me",
      vteps: [{ udpPort: 4789, address4: "198.51.100.1", address6: "2001:db8:ffff::1" }],
      networks: [
        {
          vni: 100,
          udpPort: 4789,
          mac: "02:ff:00:00:00:07",
          prefixes: ["10.255.0.0/16"],
          endpoints: [],
        },
        {
          vni: 200,
          udpPort: 4789,
          mac: "",
          prefixes: [],
          endpoints: [{ mac: macOf(9), addresses: ["172.16.0.9"] }],
        },
      ],
    });
  });

  it("tells addresses of routed networks that no prefix of it leads to", () => {
    const addresses = ["10.255.0.3", "10.7.0.3", "fd00::3"];
    const { networks } = ownNode("me", [vtep], nets, [station({ network: "blue", addresses })]);
    expect(networks[0]?.endpoints).toEqual([{ mac: macOf(9), addresses: ["10.7.0.3", "fd00::3"] }]);
  });
});

describe("the stations of this node", () => {
  const record = {
    containerId: "c1",
    ifname: "eth0",
    network: "lan",
    netns: "/run/netns/c1",
    hostName: "mr0",
    hostMac: macOf(1),
    podMac: macOf(9),
    mtu: 1450,
    addresses: [{ address: "172.16.0.9/16", gateway: "" }],
    routes: [],
    alias: "millrace:c1:eth0",
    createdAt: "2026-01-02T03:04:05.000Z",
    bootId: "b00t",
    pod: null,
  };
  const stored = (more: Partial<StoredAttachment["record"]> = {}, state = "attached") =>
    ({ state, steps: [], record: { ...record, ...more } }) as StoredAttachment;

  it("are the pods whose attachment is complete, and that are in no VLAN", () => {
    const all = [
      stored(),
      stored({}, "intent"),
      stored({}, "removing"),
      stored({ vlan: 10 }),
      stored({ vlanTrunk: [{ id: 10 }] }),
    ];
    expect(stationsOf({ stored: all, lost: new Set() })).toEqual([station()]);
  });

  it("are not those whose link has vanished", () => {
    const stored2 = stored({ containerId: "c2" });
    const lost = new Set(["c2:eth0"]);
    expect(stationsOf({ stored: [stored(), stored2], lost })).toEqual([station()]);
    expect(stationsOf({ stored: [stored2], lost })).toEqual([]);
  });
});

describe("publishing", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(async () => {
    vi.useRealTimers();
    await cleanUp();
  });

  it("happens once for pods that come together, within 100 ms", async () => {
    const { tables, driver, overlay } = await bench();
    expect(driver.published).toHaveLength(1);
    for (let n = 1; n <= 5; n++) {
      tables.stations.push(station({ mac: macOf(n) }));
      overlay.ownChanged();
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(driver.published).toHaveLength(2);
    expect(driver.published[1]?.networks[1]?.endpoints).toHaveLength(5);
  });

  it("does not happen when nothing is different for others, and not after the end", async () => {
    const { tables, driver, overlay } = await bench();
    tables.stations.push(station({ network: "blue", addresses: ["10.255.0.3"] }));
    overlay.ownChanged();
    await vi.advanceTimersByTimeAsync(100);
    expect(driver.published).toHaveLength(1);
    tables.stations.push(station());
    overlay.ownChanged();
    await overlay.close();
    await vi.advanceTimersByTimeAsync(100);
    expect(driver.published).toHaveLength(1);
    expect(driver.closed).toBe(true);
  });
});
