import { beforeEach, describe, expect, it } from "vitest";
import { parseConfig } from "../config/load.ts";
import { Dataplane, type PortRequest } from "./dataplane.ts";
import { errno, FakeNative } from "./fake-native.ts";

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
function request(n: number, network = "blue"): PortRequest {
  const veth = { netns: "/run/netns/x", hostName: `mr${n}`, podName: `eth${n}` };
  const macs = { hostMac: "02:00:00:00:00:01", podMac: "02:00:00:00:00:02" };
  native.kernel.createVeth({ ...veth, ...macs, mtu: 1500, alias: "" });
  return {
    attachment: `a${n}`,
    network,
    ifname: `mr${n}`,
    mac: macs.hostMac,
    podMac: macs.podMac,
    addresses: [`10.1.0.${n}`],
    mtu: 1500,
    peer: null,
  };
}

const gateways = { gateway4: "10.1.0.1", gateway6: "" };

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

  it("spreads networks over workers and ports follow their network", async () => {
    const dataplane = make("cpus: [0, 1]");
    for (const name of ["blue", "red", "green"]) await dataplane.addNetwork(name, gateways);
    expect(dataplane.network("green")).toEqual({ id: 2, worker: 0 });
    const port = await dataplane.addPort(request(1, "red"));
    expect(port).toMatchObject({ worker: 1, info: { mode: "copy" } });
    await dataplane.addNetwork("grey", gateways);
    expect(dataplane.network("grey")?.worker).toBe(0);
  });

  it("counts a port that was refused as none", async () => {
    const dataplane = make("maxPorts: 1");
    await dataplane.addNetwork("blue", gateways);
    native.failures.set("addPort", errno("EBUSY", "busy"));
    await expect(dataplane.addPort(request(1))).rejects.toThrow("busy");
    await dataplane.addPort(request(2));
    await expect(dataplane.addPort(request(3))).rejects.toThrow("dataplane.maxPorts = 1 ports");
    await dataplane.removePort("a2");
    await dataplane.addPort(request(4));
  });

  it("adds all routes of an attachment or none", async () => {
    const dataplane = make();
    await dataplane.addNetwork("blue", gateways);
    await dataplane.addPort(request(1));
    await dataplane.addRoutes("a1", ["10.1.0.1/32"]);
    await dataplane.removeRoutes("a1");
    const fake = native.dataplane;
    const addRoute = fake?.addRoute.bind(fake);
    Object.assign(fake ?? {}, {
      addRoute: async (id: number, prefix: string, port: number) => {
        if (prefix === "10.9.0.0/16") throw errno("ENOMEM", "full");
        await addRoute?.(id, prefix, port);
      },
    });
    const both = dataplane.addRoutes("a1", ["10.1.0.1/32", "10.9.0.0/16"]);
    await expect(both).rejects.toThrow("full");
    expect(native.dataplane?.routes.size).toBe(0);
    await expect(dataplane.addRoutes("a9", [])).rejects.toThrow("attachment a9 has no port");
  });

  it("takes removing what is not there for done", async () => {
    const dataplane = make();
    await dataplane.removeRoutes("nobody");
    await dataplane.removePort("nobody");
  });

  it("ends the workers even when a port cannot be removed, and says so", async () => {
    const dataplane = make();
    await dataplane.addNetwork("blue", gateways);
    for (const n of [1, 2]) await dataplane.addPort(request(n));
    native.failures.set("removePort", errno("EBUSY", "busy"));
    await expect(dataplane.stop()).rejects.toThrow("busy");
    expect(native.dataplane).toMatchObject({ running: false });
    expect(native.dataplane?.ports.size).toBe(1);
  });

  it("reads counters of ports and workers from their blocks by name", () => {
    const { counters } = make();
    counters.array.set([1n, 2n, 0n, 0n, 5n, 6n], 3 * 8);
    counters.array.set([9n], 256 * 8);
    expect(counters.port(3)).toEqual({
      counters: { rx_packets: 1, rx_bytes: 2 },
      drops: { runt: 5, "no-route": 6 },
    });
    expect(counters.worker(0)).toMatchObject({ rounds: 9 });
    expect(counters.port(2).counters["rx_packets"]).toBe(0);
  });
});
