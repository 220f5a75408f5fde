import { expect, it, vi } from "vitest";
import { Node } from "./fixture.ts";

const PEER = "192.0.2.2";

it("The paths through an uplink that comes after the start are probed, and again with its MTU", async () => {
  const node = new Node();
  try {
    const agent = await node.start(
      `reconcileInterval: 1
vteps: [{name: vtep0, underlay: under, addresses: [192.0.2.1]}]
fabric:
  driver: static
  nodes: [{name: n2, vteps: [{addresses: [${PEER}]}], networks: [{vni: 200}]}]`,
      `networks:
  - {name: lan, kind: bridged, nodePrefixes: [10.3.0.0/24], vni: 200, mtu: 1300}
  - {name: under, uplinks: [{interface: eth1}]}`,
    );
    node.native.probePath = async () => ({ outcome: "reached", mtu: 0 });
    await vi.waitFor(async () => {
      expect(await agent.overlay.vteps()).toMatchObject([{ peers: [{ path: "unknown" }] }]);
    });
    node.kernel.addDevice("eth1", { mtu: 1500 });
    const found = (mtu: number) => [{ address: PEER, state: "ok", mtu, linkMtu: mtu }];
    await vi.waitFor(() => expect(agent.paths()).toMatchObject(found(1500)), { timeout: 6000 });
    node.kernel.addDevice("eth1", { mtu: 9000 });
    await vi.waitFor(() => expect(agent.paths()).toMatchObject(found(9000)), { timeout: 6000 });
  } finally {
    await node.cleanUp();
  }
}, 20_000);
