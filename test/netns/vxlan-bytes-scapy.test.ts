import { randomInt } from "node:crypto";
import { expect } from "vitest";
import type { Pod } from "../fixtures/pod.ts";
import { python } from "../fixtures/python.ts";
import { type Overlay, openBridgedOverlay, type Peer } from "../fixtures/vxlan.ts";
import { dropsOfNode, portCounters } from "../fixtures/vxlan-counters.ts";
import { VXLAN_PORT } from "../fixtures/vxlan-peer.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";
import { siteAddress } from "../fixtures/vxlan-underlay.ts";

const COUNT = 1500;
const seed = process.env["SEED"] ?? `${randomInt(2 ** 31)}`;
/** A station that the FDB has behind the peer. */
const KNOWN = "02:66:00:00:00:01";

interface Report {
  sent: number;
  same: number;
  missing: number;
  different: { wanted: string; got: string }[];
  /** Source ports of the outer UDP. */
  ports: number[];
}

for (const [family, backend] of [
  [4, "xdp"],
  [6, "xdp"],
  [4, "tc"],
] as const) {
  for (const role of ["encap", "decap"] as const) {
    const titles = {
      encap: "What Millrace sends for random frames is what scapy makes of them",
      decap: "What scapy puts into VXLAN comes to the pod byte for byte",
    };
    vxlanScenario(
      `${titles[role]}, over IPv${family} by ${backend} ports`,
      { needs: ["python", "scapy", "ethtool"], timeoutMs: 90_000 },
      async (scope) => {
        console.log(`seed ${seed}: SEED=${seed} makes the same ${COUNT} frames again`);
        const overlay = await openBridgedOverlay(scope, {
          ...{ family, backend },
          network: { bridge: { floodPerSecond: 0 } },
          pod: { spoofCheck: false, macLimit: 0 },
        });
        await takeXdpFrames(overlay);
        const report = await exchange(overlay, role);
        expect(report).toMatchObject({ sent: COUNT, same: COUNT, missing: 0, different: [] });
        // Both ways of a packet are compared: tunnels over IPv6 are the loop's.
        if (family === 4) expect(await inLane(overlay, role)).toBeGreaterThan(COUNT / 10);
        expect(await dropsOfNode(overlay.node)).toEqual({});
        if (role === "encap") expect(report.ports.length).toBeGreaterThan(COUNT / 10);
      },
    );
  }
}

/** As a NIC's uplink does: of a veth only an end whose other one has GRO on. */
async function takeXdpFrames({ segment, node }: Overlay): Promise<void> {
  await segment.namespace.must("ethtool", ["-K", node.site.name, "gro", "on"]);
}

async function inLane({ node, pods }: Overlay, role: "encap" | "decap"): Promise<number> {
  await node.process.native.countFlows();
  const from = role === "encap" ? pods[0]?.name : `uplink:${node.site.ifname}`;
  return (await portCounters(node, from ?? "")).counters["lane_packets"] ?? 0;
}

async function exchange(overlay: Overlay, role: "encap" | "decap"): Promise<Report> {
  const { node, network, family, peers, pods, segment } = overlay;
  const [pod, peer] = [pods[0] as Pod, peers[0] as Peer];
  const { port, id, vni } = network;
  const fdb = { op: "add", mac: KNOWN, vlan: 0, port, peer: peer.vtep } as const;
  await node.process.native.applyFdb(id, [fdb]);
  const vtep = (site: Peer["site"]) => ({ mac: site.mac, ip: siteAddress(site, family) });
  const atPod = { netns: pod.namespace.path, ifname: pod.ifname, mac: pod.mac };
  // What the node sends comes out of its end at the bridge; the peer sends from its own.
  const [from, to] =
    role === "encap"
      ? [atPod, { netns: segment.namespace.path, ifname: node.site.name, mac: "" }]
      : [{ netns: peer.site.namespace.path, ifname: peer.site.ifname, mac: "" }, atPod];
  const context = {
    ...{ family, vni, port: VXLAN_PORT, known: KNOWN, source: from, to },
    ...{ node: vtep(node.site), peer: vtep(peer.site) },
  };
  const args = [role, seed, COUNT, JSON.stringify(context)];
  return await python<Report>(pod.namespace, "vxlan_bytes.py", ...args);
}
