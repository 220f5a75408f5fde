import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { errno } from "../dataplane/fake-native.ts";
import type { FabricNode } from "../fabric/fabric.ts";
import { staticDriver } from "../fabric/static.ts";
import { Journal } from "../store/journal.ts";
import { OverlayController } from "../vxlan/controller.ts";
import type { Agent } from "./agent.ts";
import { Node, request } from "./fixture.ts";

const NETWORKS = `networks:
  - {name: lan, kind: bridged, nodePrefixes: [10.3.0.0/24], vni: 200}
  - {name: under, uplinks: [{interface: eth1}]}`;
const OVERLAY = "vteps: [{name: vtep0, underlay: under}]\nfabric: {driver: static, nodes: []}";

const published = vi.spyOn(Object.getPrototypeOf(staticDriver([])), "publish");
const ownChanged = vi.spyOn(OverlayController.prototype, "ownChanged");
const soon = { timeout: 4000 };

let node: Node;
let agent: Agent;

beforeEach(() => {
  node = new Node();
  node.interfaces.set("eth1", ["192.0.2.1"]);
  node.kernel.addDevice("eth1");
});

afterEach(async () => {
  await node.cleanUp();
  vi.clearAllMocks();
});

async function start(reconcileInterval: number): Promise<void> {
  agent = await node.start(`reconcileInterval: ${reconcileInterval}\n${OVERLAY}`, NETWORKS);
}

/** @returns the name of its link */
async function attach(n = 1): Promise<string> {
  const { hostName } = await agent.attacher.attach(request(n, { network: "lan" }));
  return hostName;
}

/** How many pods other nodes were told of last. */
const told = () => (published.mock.lastCall?.[0] as FabricNode)?.networks[0]?.endpoints.length;
const stateOf = () => agent.view.attachments()[0]?.state;

async function lose(hostName: string): Promise<void> {
  node.kernel.links.delete(hostName);
  await vi.waitFor(() => expect(stateOf()).toBe("lost"), soon);
}

describe("the fabric is told", () => {
  it("of a pod whose DEL fails halfway", async () => {
    await start(3600);
    await attach();
    await vi.waitFor(() => expect(told()).toBe(1));
    node.native.failures.set("deleteLink", errno("EBUSY", "busy"));
    await expect(agent.attacher.detach("pod1", "net1")).rejects.toThrow();
    expect(stateOf()).toBe("removing");
    await vi.waitFor(() => expect(told()).toBe(0));
  });

  it("of what the reconciler undoes", async () => {
    await start(1);
    node.native.failures.set("addPort", errno("EIO", "no"));
    node.native.failures.set("deleteLink", errno("EBUSY", "busy"));
    await expect(attach()).rejects.toThrow("cannot attach");
    ownChanged.mockClear();
    // The record is gone a moment before the disk knows, and only then others are told.
    await vi.waitFor(() => expect(ownChanged).toHaveBeenCalledOnce(), soon);
    expect(agent.view.attachments()).toEqual([]);
  });

  it("of an ADD whose last record the disk refuses, when others know of the pod already", async () => {
    await start(3600);
    const { commit } = Journal.prototype;
    vi.spyOn(Journal.prototype, "commit").mockImplementationOnce(async function (
      this: Journal,
      record,
    ) {
      await commit.call(this, record);
      await attach(2);
      await vi.waitFor(() => expect(told()).toBe(2));
      throw errno("EIO", "no");
    });
    await expect(attach()).rejects.toThrow("cannot attach");
    await vi.waitFor(() => expect(told()).toBe(1));
  });

  it("of a pod that is lost, and when it is found again", async () => {
    await start(1);
    const hostName = await attach();
    const link = node.kernel.links.get(hostName);
    ownChanged.mockClear();
    await lose(hostName);
    expect(ownChanged).toHaveBeenCalledOnce();
    if (link) node.kernel.links.set(hostName, link);
    await vi.waitFor(() => expect(stateOf()).toBe("attached"), soon);
    expect(ownChanged).toHaveBeenCalledTimes(2);
  });
});

describe("a pod that was lost", () => {
  it("stays so until it has its port and entries again", async () => {
    await start(1);
    const hostName = await attach();
    const link = node.kernel.links.get(hostName);
    await lose(hostName);
    node.native.failures.set("applyHosts", errno("EIO", "no"));
    node.native.failures.set("removePort", errno("EBUSY", "busy"));
    if (link) node.kernel.links.set(hostName, link);
    const failures = () => agent.view.status().reconcile?.failures;
    await vi.waitFor(() => expect(failures()).toEqual(["attachment pod1:net1: busy"]), soon);
    expect(stateOf()).toBe("lost");
    await vi.waitFor(() => expect(stateOf()).toBe("attached"), soon);
    expect(node.native.failures.size).toBe(0);
    const pods = [...(node.native.dataplane?.ports.values() ?? [])].filter((p) => p.role === "pod");
    expect(pods).toHaveLength(1);
  });
});
