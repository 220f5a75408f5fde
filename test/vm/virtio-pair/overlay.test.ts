import { expect } from "vitest";
import { expectRightSums } from "../../fixtures/agent-host.ts";
import { capture, macDigits } from "../../fixtures/bridge-frames.ts";
import { mustPing } from "../../fixtures/ping.ts";
import { hostAsPod } from "../../fixtures/uplink.ts";
import { tunnelled } from "../../fixtures/vxlan-frames.ts";
import { createNamespace } from "../../harness/namespace.ts";
import { must } from "../../harness/run.ts";
import type { Scope } from "../../harness/scope.ts";
import { guestNamespace } from "../fixtures/guest-namespace.ts";
import { expectLane } from "../fixtures/lane.ts";
import { meet, NODE, OTHER } from "../fixtures/pair.ts";
import { connectTo, type Ends, listenOn } from "../fixtures/pair-streams.ts";
import { ifnameOf, pfsOf } from "../fixtures/pci.ts";
import { agentScenario } from "../fixtures/scenario.ts";
import {
  moveVf,
  startVfNode,
  untilUplink,
  VF,
  type VfNode,
  withLogs,
} from "../fixtures/vf-node.ts";
import { createVfs } from "../fixtures/vfs.ts";

const VNI = 4711;
const BYTES = 1_000_000;
/** With 28 bytes of headers it fills most of the tunnel's MTU of 1450. */
const LARGE = ["-M", "do", "-s", "1400"];
const vtep = (node: number) => `10.99.0.${node}`;
const podAddress = (node: number) => `10.83.${node}.10`;

/** One segment over both guests, whose VTEPs are on the VFs. */
const configOf = (flowLane: boolean) => ({
  networks: [
    { name: "under", uplinks: [{ interface: VF }], mirror: { table: "main" }, flowLane },
    {
      ...{ name: "lan", kind: "bridged", vni: VNI, flowLane },
      ...{ nodePrefixes: [`10.83.${NODE}.0/24`], clusterPrefixes: ["10.83.0.0/16"] },
    },
  ],
  vteps: [{ name: "vtep0", underlay: "under" }],
  fabric: {
    driver: "static",
    nodeName: `n${NODE}`,
    nodes: [1, 2].map((node) => ({
      name: `n${node}`,
      vteps: [{ addresses: [vtep(node)] }],
      networks: [{ vni: VNI }],
    })),
  },
});

for (const [how, flowLane] of [
  ["", false],
  [", by the flow lane", true],
] as const) {
  agentScenario(
    `Pods in two guests share a segment by VXLAN between zero-copy VFs${how}`,
    async (scope) => {
      const point = (name: string) => `${name}${flowLane ? "-lane" : ""}`;
      const node = await startNode(scope, flowLane);
      await withLogs([node], async () => {
        expect(await untilUplink(node)).toMatchObject({ mode: "zero-copy", refused: [] });
        const pod = await node.addPod("lan", `pod${NODE}`, [podAddress(NODE)]);
        const tap = await tapWire(scope);
        const other = await meet(point("pods"), { mac: pod.mac });

        await mustPing(pod, podAddress(OTHER), { patience: 60, count: 5 });
        await mustPing(pod, podAddress(OTHER), { patience: 60, count: 5, extra: LARGE });
        await meet(point("pinged"), {});
        for (const listener of [1, 2]) {
          const ends =
            listener === NODE
              ? await listenOn(scope, pod, point(`tcp${listener}`), BYTES)
              : await connectTo(pod, podAddress(OTHER), point(`tcp${listener}`), BYTES);
          expectSame(ends);
        }
        await expectRightSums(pod.namespace);
        expectTunnelled(tap.all(), [pod.mac, other.mac]);
        expectVni(tunnelled(tap));
        await expectLane(node, flowLane);
        await meet(point("done"), {});
        expect(await node.agent.stop()).toBe(0);
      });
    },
  );
}

async function startNode(scope: Scope, flowLane: boolean): Promise<VfNode> {
  const [pf = ""] = pfsOf("virtio-pci");
  const [vf = ""] = await createVfs(scope, pf, 1);
  const place = await createNamespace(scope, "node");
  await moveVf(vf, place);
  await place.must("ip", ["address", "add", `${vtep(NODE)}/24`, "dev", VF]);
  return await startVfNode(scope, place, configOf(flowLane));
}

/** The PF hears what is on the hub, and the other guest's hub sends to ours. */
async function tapWire(scope: Scope) {
  const [pf = ""] = pfsOf("virtio-pci");
  const ifname = ifnameOf(pf);
  await must("ip", ["link", "set", ifname, "promisc", "on"]);
  return await capture(scope, {
    ...hostAsPod("wire", await guestNamespace(scope), "", ""),
    ifname,
  });
}

/** What each end has received is what the other one has sent. */
function expectSame({ ours, theirs }: Ends): void {
  expect(ours).toMatchObject({ bytes: BYTES, sent: theirs.received, received: theirs.sent });
}

/** No frame of a pod is on the wire as it is. */
function expectTunnelled(frames: readonly string[], macs: readonly string[]): void {
  const ends = macs.map(macDigits);
  const bare = frames.filter((digits) =>
    ends.some((mac) => digits.slice(0, 12) === mac || digits.slice(12, 24) === mac),
  );
  expect(bare).toEqual([]);
}

function expectVni(found: ReturnType<typeof tunnelled>): void {
  // 2 streams both ways are a few thousand frames, of which some are joined or lost by the tap.
  expect(found.length).toBeGreaterThan(100);
  expect(new Set(found.map(({ vni }) => vni))).toEqual(new Set([VNI]));
}
