import { beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "../config/load.ts";
import { Dataplane, type PortRequest } from "./dataplane.ts";
import { errno, FakeNative } from "./fake-native.ts";
import type { NetworkOptions } from "./native.ts";

let native: FakeNative;

beforeEach(() => {
  native = new FakeNative();
  native.kernel.namespaces.add("/run/netns/x");
});

function make(keys = ""): Dataplane {
  const { dataplane } = parseConfig(`dataplane: {${keys}}`, "test", { cpus: [0, 1, 2, 3, 4] });
  return new Dataplane(native, dataplane);
}

/** A request for attachment `n`, whose link exists in the fake kernel. */
function request(n: number, network = "blue", queues: number | "auto" = 1): PortRequest {
  const veth = { netns: "/run/netns/x", hostName: `mr${n}`, podName: `eth${n}` };
  const macs = { hostMac: "02:00:00:00:00:01", podMac: "02:00:00:00:00:02" };
  native.kernel.createVeth({ ...veth, ...macs, mtu: 1500, queues: 2, alias: "" });
  return {
    attachment: `a${n}`,
    network,
    ifname: `mr${n}`,
    role: "pod",
    capture: "all",
    mac: macs.hostMac,
    podMac: macs.podMac,
    addresses: [`10.1.0.${n}`],
    mtu: 1500,
    vlan: null,
    spoofCheck: false,
    macLimit: 0,
    flowLane: true,
    companion: null,
    transmit: "auto",
    queues,
    peer: null,
  };
}

const routed = (name = "blue"): NetworkOptions => ({
  name,
  kind: "routed",
  gateway4: "10.1.0.1",
  gateway6: "",
  bridge: null,
});

/** Worker of each queue of all ports. */
const placed = (dataplane: Dataplane) => dataplane.ports.map(({ workers }) => workers);

describe("the dataplane", () => {
  it("hands its settings to one worker per CPU", () => {
    make("cpus: [2, 3], frameSize: 4096, idleRounds: 9");
    expect(native.dataplane).toMatchObject({
      running: true,
      options: { workers: [{ cpu: 2, frameSize: 4096, idleRounds: 9 }, { cpu: 3 }] },
    });
  });

  it("refuses more workers than the addon has counters for", () => {
    expect(() => make("cpus: [0, 1, 2, 3, 4]")).toThrow("accepted: at most 4 CPUs");
  });

  it("spreads the queues of ports over workers, whatever their network", async () => {
    const dataplane = make("cpus: [0, 1]");
    for (const name of ["blue", "red"]) await dataplane.addNetwork(routed(name));
    await dataplane.addPort(request(1, "red"));
    await dataplane.addPort(request(2, "red"));
    const port = await dataplane.addPort(request(3, "blue", 2));
    expect(placed(dataplane)).toEqual([[0], [1], [0, 1]]);
    expect(port).toMatchObject({ role: "pod", info: { mode: "copy", queues: [{}, {}] } });
    expect(dataplane.load).toEqual([2, 2]);
    expect(dataplane.network("red")).toEqual({ id: 1, kind: "routed", mirrorTable: 0 });
  });

  it("counts only the queues that the device has", async () => {
    const dataplane = make("cpus: [0, 1], maxPorts: 3");
    await dataplane.addNetwork(routed());
    const port = await dataplane.addPort(request(1, "blue", "auto"));
    expect(native.dataplane?.ports.get(0)?.workers).toEqual([0, 1, 0, 1, 0, 1]);
    expect(port.workers).toEqual([0, 1]);
    expect(dataplane.load).toEqual([1, 1]);
    await dataplane.removePort("a1");
    expect(dataplane.load).toEqual([0, 0]);
  });

  it("moves a queue to another worker and counts it there", async () => {
    const dataplane = make("cpus: [0, 1], maxPorts: 2");
    await dataplane.addNetwork(routed());
    for (const n of [1, 2, 3]) await dataplane.addPort(request(n));
    await dataplane.movePort("a2", 0, 0).catch((error: Error) => {
      expect(error.message).toContain("worker 0 serves dataplane.maxPorts = 2 ports already");
    });
    expect((await dataplane.movePort("a1", 0, 1)).workers).toEqual([1]);
    expect(dataplane.load).toEqual([1, 2]);
    await expect(dataplane.movePort("a1", 0, 2)).rejects.toThrow("worker 2 does not exist");
    native.failures.set("movePort", errno("EBUSY", "busy"));
    await expect(dataplane.movePort("a1", 0, 0)).rejects.toThrow("busy");
    expect(dataplane.load).toEqual([1, 2]);
  });

  it("follows a device that has got or lost queues", async () => {
    const dataplane = make("cpus: [0, 1]");
    await dataplane.addNetwork(routed());
    native.kernel.addDevice("eth1");
    const uplink = { ...request(1, "blue", "auto"), ifname: "eth1", role: "uplink" as const };
    await dataplane.addPort(uplink);
    expect(dataplane.load).toEqual([2, 2]);
    native.dataplane?.queues.set("eth1", 7);
    await dataplane.syncQueues("a1");
    expect(dataplane.port("a1")?.workers).toEqual([0, 1, 0, 1, 0, 1, 0]);
    native.dataplane?.queues.set("eth1", 1);
    await dataplane.syncQueues("a1");
    expect(dataplane.load).toEqual([1, 0]);
  });

  it("counts a port that was refused as none", async () => {
    const dataplane = make("maxPorts: 1");
    await dataplane.addNetwork(routed());
    native.failures.set("addPort", errno("EBUSY", "busy"));
    await expect(dataplane.addPort(request(1))).rejects.toThrow("busy");
    await dataplane.addPort(request(2));
    await expect(dataplane.addPort(request(3))).rejects.toThrow("dataplane.maxPorts = 1 ports");
    await dataplane.removePort("a2");
    await dataplane.addPort(request(4));
  });

  it("adds all routes of an attachment or none", async () => {
    const dataplane = make();
    await dataplane.addNetwork(routed());
    await dataplane.addPort(request(1));
    await dataplane.addRoutes("a1", ["10.1.0.1/32"]);
    expect(native.dataplane?.routes.get("0 10.1.0.1/32")).toEqual({
      op: "add",
      prefix: "10.1.0.1/32",
      type: "unicast",
      nextHops: [{ port: 0, address: "", weight: 1 }],
      leakTo: 0,
      counted: false,
      source: "pod",
    });
    await dataplane.removeRoutes("a1");
    await dataplane.addPort(request(2));
    await dataplane.addRoutes("a2", ["10.9.0.0/16"]);
    const both = dataplane.addRoutes("a1", ["10.1.0.1/32", "10.9.0.0/16"]);
    await expect(both).rejects.toThrow("exists");
    expect([...(native.dataplane?.routes.keys() ?? [])]).toEqual(["0 10.9.0.0/16"]);
    await expect(dataplane.addRoutes("a9", [])).rejects.toThrow("attachment a9 has no port");
  });

  it("tells a bridged network who is there, and takes it back", async () => {
    const dataplane = make();
    await dataplane.addNetwork({ ...routed(), kind: "bridged" });
    await dataplane.addPort(request(1));
    const mac = "02:00:00:00:00:02";
    await dataplane.addHosts("a1", [{ mac, address: "10.1.0.1", vlan: 5 }]);
    expect(native.dataplane?.hosts.get("0 5 10.1.0.1")).toMatchObject({ mac });
    await dataplane.removeRoutes("a1");
    await dataplane.removeRoutes("a1");
    expect(native.dataplane?.hosts.size).toBe(0);
  });

  it("leads leaks to the other network and follows tables", async () => {
    const dataplane = make();
    for (const name of ["blue", "red"]) await dataplane.addNetwork(routed(name));
    await dataplane.addLeaks("blue", [{ prefix: "10.2.0.0/24", network: "red" }]);
    expect(native.dataplane?.routes.get("0 10.2.0.0/24")).toMatchObject({
      type: "leak",
      leakTo: 1,
      source: "static",
    });
    await dataplane.setMirror("red", 254);
    expect(native.dataplane?.mirrors).toEqual(new Map([[1, 254]]));
    expect(dataplane.network("red")?.mirrorTable).toBe(254);
  });

  it("takes removing what is not there for done", async () => {
    const dataplane = make();
    await dataplane.removeRoutes("nobody");
    await dataplane.removePort("nobody");
  });

  it("ends the workers even when a port cannot be removed, and says so", async () => {
    const dataplane = make();
    await dataplane.addNetwork(routed());
    for (const n of [1, 2]) await dataplane.addPort(request(n));
    native.failures.set("removePort", errno("EBUSY", "busy"));
    await expect(dataplane.stop()).rejects.toThrow("busy");
    expect(native.dataplane).toMatchObject({ running: false });
    expect(native.dataplane?.ports.size).toBe(1);
  });

  it("adds up what workers and flow lane counted for a port, each in its own block", () => {
    const { counters } = make("cpus: [0, 1]");
    const [slots, maxWorkers, maxPorts] = [8, 4, 256];
    counters.array.set([1n, 2n, 0n, 0n, 5n, 6n], (maxWorkers + 3) * slots);
    counters.array.set([10n, 20n, 0n, 0n, 50n], (maxWorkers + maxPorts + 3) * slots);
    counters.array.set([100n], (maxWorkers + 2 * maxPorts + 3) * slots);
    counters.array.set([9n], 1 * slots);
    expect(counters.port(3)).toEqual({
      counters: { rx_packets: 111, rx_bytes: 22 },
      drops: { runt: 55, "no-route": 6 },
    });
    expect(counters.worker(1)).toMatchObject({ rounds: 9 });
    expect(counters.worker(0)).toMatchObject({ rounds: 0 });
    expect(counters.port(2).counters["rx_packets"]).toBe(0);
    expect(counters.array).toHaveLength(slots * (maxWorkers + 3 * maxPorts));
  });
});
