import { expect } from "vitest";
import type { Lab } from "../fixtures/lab.ts";
import { mustPing } from "../fixtures/ping.ts";
import { python, startPython } from "../fixtures/python.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import {
  connectUplink,
  type Far,
  hostAsPod,
  restartWith,
  uplinkedNetwork,
} from "../fixtures/uplink.ts";
import { waitFor } from "../fixtures/wait.ts";
import { spawnAgent } from "../harness/agent-process.ts";

const SCRIPT = "uplink_traffic.py";
const dedicated = (ifname: string) => ({ interface: ifname, use: "dedicated" });

const defaultVia = (far: Far, family: 4 | 6) => [
  `-${family}`,
  ...["route", "add", "default", "via", family === 4 ? far.ip4 : far.ip6],
];

/** The node as others on the link see it. */
const nodeAt = (lab: Lab, far: Far) => hostAsPod("node", lab.node, far.node4, far.node6);

for (const family of [4, 6] as const) {
  scenario(
    `A dedicated uplink on the interface of the IPv${family} default route is refused at start`,
    {},
    async (lab) => {
      const far = await connectUplink(lab);
      await lab.node.must("ip", defaultVia(far, family));
      await lab.agent.stop();
      const networks = [uplinkedNetwork([dedicated(far.uplink)])];
      const refused = spawnAgent(lab.scope, { namespace: lab.node, config: { networks } });
      await waitFor("its end", refused.running, (running) => !running, 20_000);
      expect(await refused.stop()).toBe(1);
      const line =
        refused
          .log()
          .split("\n")
          .find((one) => one.includes("millrace:")) ?? "";
      console.log(line);
      expect(line).toContain("networks[0].uplinks[0].use");
      expect(line).toContain("dedicated");
      expect(line).toContain(`a default route of this node leaves by ${far.uplink}`);
      expect(line).toContain('accepted: "shared", or another interface');
      // The node is as it was: nothing is attached to its interface.
      const [link] = JSON.parse(
        await lab.node.must("ip", ["-d", "-j", "link", "show", far.uplink]),
      );
      expect(link.xdp?.prog).toBeUndefined();
      await mustPing(nodeAt(lab, far), far.ip4);
      await mustPing(nodeAt(lab, far), far.ip6);
    },
  );
}

scenario(
  "A shared uplink on the interface of the default route serves pods and node alike",
  { needs: ["python"] },
  async (lab) => {
    const far = await connectUplink(lab);
    for (const family of [4, 6] as const) await lab.node.must("ip", defaultVia(far, family));
    await restartWith(lab, [uplinkedNetwork([far.uplink])]);
    const pod = await lab.addPod("a");
    const node = nodeAt(lab, far);
    // Behind the default route, for the node by its kernel and for the pod by the mirror.
    for (const address of ["203.0.113.1", "2001:db8:113::1"]) {
      await far.namespace.must("ip", ["address", "add", address, "dev", "lo"]);
      await mustPing(node, address);
      await mustPing(pod, address);
    }
    for (const family of [4, 6] as const) {
      await exchangeStreams(lab.scope, [node, far], family, 2_000_000);
      await exchangeStreams(lab.scope, [far, node], family, 2_000_000);
      await exchangeStreams(lab.scope, [far, pod], family, 2_000_000);
    }
    console.log("pings and 2 MB each way, IPv4 and IPv6: node to far, far to node, far to pod");
  },
);

scenario(
  "A dedicated uplink leaves ARP, ND and the node's own addresses to the node",
  { needs: ["python"], timeoutMs: 60_000 },
  async (lab) => {
    const first = await connectUplink(lab, 0);
    await lab.node.must("ip", defaultVia(first, 4));
    const far = await connectUplink(lab, 1);
    await restartWith(lab, [uplinkedNetwork([dedicated(far.uplink)])]);
    const node = nodeAt(lab, far);
    const pod = await lab.addPod("a");
    for (const target of [far.node4, far.node6]) await mustPing(far, target);
    for (const target of [far.ip4, far.ip6]) await mustPing(node, target);
    for (const family of [4, 6] as const) {
      const neighbours = ["neighbour", "flush", "dev", far.uplink];
      for (const { namespace } of [far, node]) await namespace.must("ip", neighbours);
      await mustPing(far, family === 4 ? far.node4 : far.node6);
      // As BGP does: either side may be the one that connects.
      await exchangeStreams(lab.scope, [node, far], family, 1_000_000);
      await exchangeStreams(lab.scope, [far, node], family, 1_000_000);
      await exchangeStreams(lab.scope, [pod, far], family, 1_000_000);
    }
    const served = ["serve", far.node4, 179, 22];
    await startPython(lab.scope, lab.node, SCRIPT, ...served);
    const answer = await python(far.namespace, SCRIPT, "connect", far.node4, 179, 5);
    expect(answer).toMatchObject({ answered: 5 });
    // An address that the node gets later is the node's too.
    await lab.node.must("ip", ["address", "add", "10.99.200.1/32", "dev", "lo"]);
    await far.namespace.must("ip", ["route", "add", "10.99.200.1/32", "via", far.node4]);
    await mustPing(far, "10.99.200.1", { patience: 10 });
    console.log(`TCP to the node's port 179: ${JSON.stringify(answer)}`);
  },
);
