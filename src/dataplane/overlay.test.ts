import { beforeEach, describe, expect, it } from "vitest";
import { configSchema } from "../config/schema.ts";
import { Dataplane } from "./dataplane.ts";
import { FakeNative } from "./fake-native.ts";
import { type PortWatcher, vniPortName } from "./overlay.ts";

const VTEP = {
  name: "vtep0",
  underlay: "under",
  address4: "192.0.2.1",
  address6: "",
  udpPort: 4789,
  udpChecksum: "auto",
  ttl: 64,
  dscp: -1,
  nested: false,
} as const;
const VNI = { vtep: "vtep0", vni: 100, mac: "02:00:00:00:00:01", mtu: 1450, learning: true };
const PEER = { op: "add", address: "192.0.2.2", mtu: 1500 } as const;

const IDLE: PortWatcher = {
  portCame: () => {},
  portLeaves: async () => {},
  peersLeave: async (_vtep, _peers, remove) => await remove(),
};

let native: FakeNative;
let dataplane: Dataplane;

beforeEach(async () => {
  native = new FakeNative();
  dataplane = new Dataplane(native, configSchema.parse({}).dataplane);
  const none = { gateway4: "", gateway6: "", bridge: null };
  await dataplane.addNetwork({ name: "blue", kind: "routed", ...none, gateway4: "10.1.0.1" });
  await dataplane.addNetwork({ name: "under", kind: "routed", ...none });
  await dataplane.addNetwork({ name: "lan", kind: "bridged", ...none });
});

describe("the overlay of a dataplane", () => {
  it("has VTEPs and VNIs by their names", async () => {
    const { id } = await dataplane.addVtep(VTEP);
    const vni = await dataplane.addVni("blue", VNI);
    expect(native.dataplane?.vteps.get(id)).toMatchObject({ name: "vtep0", underlay: 1 });
    expect(native.dataplane?.vnis.get(0)).toMatchObject({ vtep: id, vni: 100, learning: true });
    expect(vni).toEqual({
      ...VNI,
      network: "blue",
      ifname: "vxlan100",
      attachment: "vni:vxlan100",
      port: 1,
    });
    expect(dataplane.vni("blue")).toBe(vni);
    expect(dataplane.portLabel(vni.port)).toBe("vni:vxlan100");
  });

  it("has ports that are no ports of devices, but share their numbers", async () => {
    await dataplane.addVtep(VTEP);
    await dataplane.addVni("blue", VNI);
    native.kernel.addDevice("eth1");
    const uplink = { attachment: "uplink:eth1", ifname: "eth1", network: "under", role: "uplink" };
    const none = {
      podMac: "",
      addresses: [],
      vlan: null,
      spoofCheck: false,
      macLimit: 0,
      flowLane: true,
      companion: null,
      transmit: "auto" as const,
    };
    const { info } = await dataplane.addPort({
      ...({ ...uplink, role: "uplink", capture: "shared" } as const),
      ...none,
      mac: "02:00:00:00:ee:01",
      mtu: 1500,
      queues: 1,
      peer: null,
    });
    expect(info.port).toBe(2);
    expect(dataplane.ports.map(({ ifname }) => ifname)).toEqual(["eth1"]);
    expect(dataplane.load).toEqual([1]);
  });

  it("keeps peers and flood lists", async () => {
    await dataplane.addVtep(VTEP);
    await dataplane.addVni("lan", VNI);
    await dataplane.applyPeers("vtep0", [PEER]);
    expect(await dataplane.listPeers("vtep0")).toEqual([{ address: "192.0.2.2", mtu: 1500 }]);
    await dataplane.setFlood("lan", ["192.0.2.2"]);
    expect(native.dataplane?.vnis.get(2)?.flood).toEqual(["192.0.2.2"]);
    const more = { ...PEER, address: "192.0.2.3" };
    await expect(dataplane.applyPeers("vtep0", [more, PEER])).rejects.toThrow("192.0.2.2 exists");
    expect(await dataplane.listPeers("vtep0")).toHaveLength(1);
  });

  it("is taken down in the reverse order, and taking down twice is no error", async () => {
    await dataplane.addVtep(VTEP);
    const { port } = await dataplane.addVni("blue", VNI);
    const gone: number[] = [];
    dataplane.watch({ ...IDLE, portLeaves: async (number) => void gone.push(number) });
    await expect(dataplane.removeVtep("vtep0")).rejects.toThrow("a network uses VTEP");
    for (let round = 0; round < 2; round++) {
      await dataplane.removeVni("blue");
      await dataplane.removeVtep("vtep0");
    }
    expect(gone).toEqual([port]);
    expect([dataplane.vteps, dataplane.vnis]).toEqual([[], []]);
  });

  it("tells of peers that come and go, for entries that wait for them", async () => {
    await dataplane.addVtep(VTEP);
    const told: string[] = [];
    dataplane.watch({
      ...IDLE,
      portCame: () => void told.push("came"),
      peersLeave: async (vtep, peers, remove) => {
        told.push(`${vtep} loses ${peers}`);
        await remove();
        told.push("gone");
      },
    });
    await dataplane.applyPeers("vtep0", [PEER]);
    expect(told.splice(0)).toEqual(["came"]);
    native.failures.set("applyPeers", new Error("out of memory"));
    const del = { ...PEER, op: "del" } as const;
    await expect(dataplane.applyPeers("vtep0", [del])).rejects.toThrow("out of memory");
    expect(told.splice(0)).toEqual(["vtep0 loses 192.0.2.2", "came"]);
    await dataplane.applyPeers("vtep0", [del]);
    expect(told).toEqual(["vtep0 loses 192.0.2.2", "gone"]);
    expect(await dataplane.listPeers("vtep0")).toEqual([]);
  });

  it("tells nobody of a peer that has another MTU, or of one that was refused", async () => {
    await dataplane.addVtep(VTEP);
    await dataplane.applyPeers("vtep0", [PEER]);
    let came = 0;
    dataplane.watch({ ...IDLE, portCame: () => void came++ });
    await dataplane.applyPeers("vtep0", [{ ...PEER, op: "replace", mtu: 1400 }]);
    await expect(dataplane.applyPeers("vtep0", [PEER])).rejects.toThrow("192.0.2.2 exists");
    expect(came).toBe(0);
  });

  it("knows nothing of a VTEP that the addon refused", async () => {
    native.failures.set("addVtep", new Error("no socket"));
    await expect(dataplane.addVtep(VTEP)).rejects.toThrow("no socket");
    expect(dataplane.vteps).toEqual([]);
    await expect(dataplane.addVni("blue", VNI)).rejects.toThrow("VTEP vtep0 is not in the");
    await expect(dataplane.addVtep({ ...VTEP, underlay: "red" })).rejects.toThrow("network red");
  });
});

describe("the name of a VNI's port", () => {
  it("has the UDP port when it is not that of VXLAN, as two VTEPs may have the VNI", () => {
    expect([vniPortName(100, 4789), vniPortName(1, 8472)]).toEqual(["vxlan100", "vxlan1.8472"]);
  });
});
