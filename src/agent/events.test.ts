import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { errno } from "../dataplane/fake-native.ts";
import type { DataplaneEvent } from "../dataplane/native.ts";
import type { Agent } from "./agent.ts";
import { Node, request } from "./fixture.ts";

const NETWORKS = `
networks:
  - {name: blue, nodePrefixes: [10.1.0.0/24]}
  - {name: lan, kind: bridged}
`;

let node: Node;
let agent: Agent;

beforeEach(async () => {
  node = new Node();
  // Nothing here is found by the timer.
  agent = await node.start("reconcileInterval: 3600", NETWORKS);
});

afterEach(() => node.cleanUp());

const emit = (event: DataplaneEvent) => node.native.dataplane?.emit(event);
const states = () => agent.view.attachments().map(({ state }) => state);
const warnings = () => node.lines.filter(({ level }) => level === 40);

/** Tells of the link of an attachment. */
async function change(what: "gone" | "queues", n = 1): Promise<void> {
  const port = agent.view.attachments().find(({ containerId }) => containerId === `pod${n}`);
  const ifname = port?.hostName ?? "";
  const ifindex = node.kernel.ifindexOf(ifname);
  if (what === "gone") node.kernel.deleteNamespace(request(n).netns);
  emit({ event: "link", port: port?.port ?? -1, ifindex, change: what });
}

describe("a link that goes", () => {
  it("is noticed at once, and the address stays reserved until DEL", async () => {
    for (const n of [1, 2]) await agent.attacher.attach(request(n));
    await change("gone");
    await vi.waitFor(() => expect(states()).toEqual(["lost", "attached"]));
    expect(agent.view.status()).toMatchObject({ ports: 1, reconcile: { lost: 1 } });
    expect(agent.view.networks()[0]?.subnets[0]?.allocated).toBe(2);
    await agent.attacher.detach("pod1", "net1");
    expect(states()).toEqual(["attached"]);
  });

  it("because of a DEL changes nothing", async () => {
    await agent.attacher.attach(request(1));
    const port = agent.view.ports()[0]?.port ?? -1;
    const ifindex = node.kernel.ifindexOf(agent.view.ports()[0]?.ifname ?? "");
    const del = agent.attacher.detach("pod1", "net1");
    emit({ event: "link", port, ifindex, change: "gone" });
    await del;
    expect(states()).toEqual([]);
    expect(agent.view.status().reconcile).toMatchObject({ lost: 0, failures: [] });
  });

  it("whose port number is another's by now is nobody's concern", async () => {
    await agent.attacher.attach(request(1));
    emit({ event: "link", port: 0, ifindex: 9999, change: "gone" });
    emit({ event: "link", port: 77, ifindex: 9999, change: "gone" });
    await agent.stop();
    expect(states()).toEqual(["attached"]);
  });

  it("and cannot be taken away is logged", async () => {
    await agent.attacher.attach(request(1));
    node.native.failures.set("removePort", errno("EBUSY", "busy"));
    await change("gone");
    const said = () => node.lines.some(({ msg }) => msg === "could not follow a change of a link");
    await vi.waitFor(() => expect(said()).toBe(true));
  });

  it("is not acted on while the agent stops", async () => {
    await agent.attacher.attach(request(1));
    const listener = node.native.dataplane;
    await agent.stop();
    node.kernel.deleteNamespace(request(1).netns);
    listener?.emit({ event: "link", port: 0, ifindex: 0, change: "gone" });
    expect(states()).toEqual(["attached"]);
  });
});

describe("a device with other queues than before", () => {
  it("gets as many as it has, and the attachment wants", async () => {
    await agent.attacher.attach(request(1, { port: { queues: 4 } }));
    const { ifname = "" } = agent.view.ports()[0] ?? {};
    Object.assign(node.kernel.links.get(ifname) ?? {}, { queues: 2 });
    await change("queues");
    await vi.waitFor(() => expect(agent.view.ports()[0]?.queues).toHaveLength(2));
    Object.assign(node.kernel.links.get(ifname) ?? {}, { queues: 8 });
    await change("queues");
    await vi.waitFor(() => expect(agent.view.ports()[0]?.queues).toHaveLength(4));
  });
});

describe("MAC addresses that cause trouble", () => {
  const mac = "02:00:00:00:00:77";
  const places = { from: 0, fromPeer: "", to: 1, toPeer: "" };
  const moved = { event: "mac-moved", network: 1, ...places } as const;

  it("are logged with the names of the ports", async () => {
    for (const n of [1, 2]) await agent.attacher.attach(request(n, { network: "lan" }));
    emit({ ...moved, mac, vlan: 5 });
    emit({ ...moved, mac, vlan: 0, toPeer: "192.0.2.2" });
    emit({ event: "mac-limit", network: 1, mac, vlan: 0, port: 9, portPeer: "" });
    expect(warnings()).toMatchObject([
      {
        msg: "a MAC address moved",
        network: "lan",
        mac,
        vlan: 5,
        from: "pod1:net1",
        to: "pod2:net1",
      },
      { from: "pod1:net1", to: "pod2:net1 (192.0.2.2)" },
      { msg: "not learned: the port has its macLimit", port: "port 9" },
    ]);
  });

  it("do not fill the log", () => {
    for (let n = 0; n < 1000; n++) {
      emit({ ...moved, mac, vlan: 0 });
    }
    expect(warnings()).toHaveLength(10);
  });
});

describe("a resync of the mirror", () => {
  it("is logged", () => {
    emit({ event: "resync", milliseconds: 12, routes: 900, overruns: 1 });
    expect(node.lines.at(-1)).toMatchObject({ level: 30, overruns: 1, routes: 900 });
  });
});
