import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { errno } from "../dataplane/fake-native.ts";
import { parseAddress } from "../networks/ip.ts";
import type { Agent } from "./agent.ts";
import { Node, request } from "./fixture.ts";
import { nodeAddresses } from "./uplink-dangers.ts";

const soon = { timeout: 4000 };

let node: Node;

beforeEach(() => {
  node = new Node();
});

afterEach(() => node.cleanUp());

const routed = (uplink: string, more = "") =>
  `networks: [{name: blue, nodePrefixes: [10.1.0.0/24, "fd00:1::/64"], uplinks: [${uplink}]${more}}]`;
const bridged = (uplink: string) => `networks: [{name: lan, kind: bridged, uplinks: [${uplink}]}]`;
const start = (networks: string, keys = "reconcileInterval: 1") => node.start(keys, networks);
const portOf = (agent: Agent) =>
  node.native.dataplane?.ports.get(agent.view.ports()[0]?.port ?? -1);

describe("an uplink", () => {
  it("becomes a port that takes what is for the node prefixes", async () => {
    const { mac } = node.kernel.addDevice("eth1", { mtu: 9000 });
    const agent = await start(routed("{interface: eth1}"), "dataplane: {cpus: [0, 1]}");
    expect(portOf(agent)).toMatchObject({
      ifname: "eth1",
      network: 0,
      role: "uplink",
      capture: "shared",
      mac,
      podMac: "",
      addresses: [],
      mtu: 9000,
      vlan: null,
      spoofCheck: false,
      macLimit: 0,
      peer: null,
    });
    expect(agent.view.ports()).toMatchObject([
      {
        attachment: "uplink:eth1",
        network: "blue",
        role: "uplink",
        queues: [{ worker: 0 }, { worker: 1 }, { worker: 0 }, { worker: 1 }],
      },
    ]);
    expect(node.native.dataplane?.prefixes.get(0)).toEqual(["10.1.0.0/24", "fd00:1::/64"]);
    await agent.stop();
    expect(node.native.dataplane?.ports.size).toBe(0);
  });

  it("of a network that leaks takes what is for the pods of the others, and no more", async () => {
    node.kernel.addDevice("eth1");
    const leaks =
      ", leaks: [{prefix: 10.2.0.0/16, network: red}, {prefix: 10.3.0.0/25, network: green}," +
      " {prefix: 192.168.0.0/16, network: red}]";
    const others =
      "\n  - {name: red, nodePrefixes: [10.2.0.0/24]}\n  - {name: green, nodePrefixes: [10.3.0.0/24]}";
    const blue = `{name: blue, nodePrefixes: [10.1.0.0/24], uplinks: [{interface: eth1}]${leaks}}`;
    await start(`networks:\n  - ${blue}${others}`);
    const prefixes = ["10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/25"];
    expect(node.native.dataplane?.prefixes.get(0)).toEqual(prefixes);
  });

  it("that is dedicated takes all but what is for the node itself", async () => {
    node.kernel.addDevice("eth1");
    const agent = await start(routed("{interface: eth1, use: dedicated, queues: 2}"));
    expect(portOf(agent)).toMatchObject({ capture: "dedicated", workers: [0, 0] });
    expect(node.native.dataplane?.prefixes.size).toBe(0);
  });

  it("of a bridged network takes every frame, in its VLANs", async () => {
    node.kernel.addDevice("eth1");
    const vlans = "vlan: 5, vlanTrunk: [{minID: 7, maxID: 9}]";
    const agent = await start(bridged(`{interface: eth1, use: dedicated, ${vlans}}`));
    const vlan = { pvid: 5, tagged: [7, 8, 9] };
    expect(portOf(agent)).toMatchObject({ capture: "all", vlan });
  });

  it("is refused when it is to be dedicated and a default route leaves by it", async () => {
    node.kernel.defaultRoutes.add(node.kernel.addDevice("eth1").ifindex);
    await expect(start(bridged("{interface: eth1, use: dedicated}"))).rejects.toThrow(
      'configuration: networks[0].uplinks[0].use = "dedicated": a default route of this node ' +
        "leaves by eth1, and a dedicated uplink takes every frame from the node; accepted: " +
        "another interface, or no default route by eth1",
    );
    await expect(start(routed("{interface: eth1, use: dedicated}"))).rejects.toThrow(
      'accepted: "shared", or another interface',
    );
    expect(node.native.dataplane).toMatchObject({ running: false, ports: new Map() });
    const agent = await start(routed("{interface: eth1}"));
    expect(agent.view.ports()).toHaveLength(1);
  });

  it.each([
    ["10.1.0.77", "10.1.0.0/24"],
    ["fd00:1::77", "fd00:1::/64"],
  ])("that is shared is refused when the node has the address %s of a prefix", async (own, prefix) => {
    node.kernel.addDevice("eth1");
    node.addresses = ["192.0.2.1", own];
    await expect(start(routed("{interface: eth1}"))).rejects.toThrow(
      `networks[0].uplinks[0].interface = "eth1": this node has the address ${own} of ${prefix}`,
    );
    await start(routed("{interface: eth1, use: dedicated}"));
  });

  it("with less room than its bridged network is worth a warning", async () => {
    node.kernel.addDevice("eth1", { mtu: 1400 });
    await start(bridged("{interface: eth1, use: dedicated}"));
    const warning = node.lines.find(({ msg }) => msg === "frames of pods may be too long");
    expect(warning).toMatchObject({ level: 40, uplink: "eth1", mtu: 1400, expected: 1500 });
  });

  it("that is missing is reported and attached when it comes", async () => {
    const agent = await start(bridged("{interface: eth1, use: dedicated}"));
    expect(agent.view.status()).toMatchObject({
      state: "ready",
      problems: [],
      reconcile: {
        failures: ["uplink eth1: there is no such interface; it is used when it comes"],
      },
    });
    node.kernel.addDevice("eth1");
    await vi.waitFor(() => expect(agent.view.ports()).toHaveLength(1), soon);
    await vi.waitFor(() => expect(agent.view.status().reconcile?.failures).toEqual([]), soon);
    const said = node.lines.filter(({ msg }) => String(msg).includes("no such interface"));
    expect(said).toHaveLength(1);
  });

  it("that comes with a default route is not taken", async () => {
    const agent = await start(bridged("{interface: eth1, use: dedicated}"));
    node.kernel.defaultRoutes.add(node.kernel.addDevice("eth1").ifindex);
    await vi.waitFor(
      () => expect(agent.view.status().reconcile?.failures[0]).toContain("a default route of this"),
      soon,
    );
    expect(agent.view.ports()).toEqual([]);
  });

  it("is taken away when its device goes, and taken up again as another", async () => {
    node.kernel.addDevice("eth1");
    const agent = await start(routed("{interface: eth1}"), "reconcileInterval: 3600");
    const { ifindex } = node.kernel.devices.get("eth1") ?? { ifindex: 0 };
    node.kernel.devices.delete("eth1");
    node.native.dataplane?.emit({ event: "link", port: 0, ifindex, change: "gone" });
    await vi.waitFor(() => expect(agent.view.ports()).toEqual([]));
    expect(agent.view.status().reconcile?.failures).toHaveLength(1);
    node.kernel.addDevice("eth1");
    await agent.stop();
    const next = await start(routed("{interface: eth1}"));
    expect(next.view.ports()).toHaveLength(1);
  });

  it("that cannot share is no port, and tried again", async () => {
    const agent = await start(routed("{interface: eth1}"));
    node.native.failures.set("setPrefixes", errno("EIO", "no"));
    node.kernel.addDevice("eth1");
    await vi.waitFor(
      () => expect(agent.view.status().reconcile?.failures).toEqual(["uplink eth1: no"]),
      soon,
    );
    await vi.waitFor(() => expect(agent.view.ports()).toHaveLength(1), soon);
  });

  it("leaves pods alone, and they it", async () => {
    node.kernel.addDevice("eth1");
    const agent = await start(routed("{interface: eth1}"));
    await agent.attacher.attach(request(1));
    await agent.attacher.detach("pod1", "net1");
    expect(agent.view.ports().map(({ attachment }) => attachment)).toEqual(["uplink:eth1"]);
  });
});

describe("the addresses of the node", () => {
  it("are those of its interfaces, neither loopback nor link-local", () => {
    for (const address of nodeAddresses()) {
      expect(address).not.toMatch(/^(127\.|fe80:|::1$)/);
      expect(() => parseAddress(address)).not.toThrow();
    }
  });
});
