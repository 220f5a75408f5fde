import type { ShownCheck } from "../check.ts";
import type { Section } from "../step.ts";
import { type Decoded, decodeCapture, type VxlanPacket } from "./decode.ts";
import { NODE_NAMES, TENANTS, type Tenant, underlayAddress, VNIS } from "./nodes.ts";
import { OVERLAY_PODS, type OverlayStage } from "./stage.ts";

const ROW = "on the wire";

/** What somebody sees who listens to the underlay. */
export const captureSection: Section<OverlayStage> = {
  title: "All of it as seen on the wire between the nodes",
  steps: [
    {
      name: "overlay-capture",
      label: "VXLAN captured",
      unit: "packets",
      row: ROW,
      run: showCapture,
    },
  ],
};

async function showCapture(stage: OverlayStage): Promise<ShownCheck[]> {
  const decoded = await decodeCapture(stage.scope, await stage.capture.stop());
  const macs = await macsOf(stage);
  return [
    ...TENANTS.map((tenant) => showTenant(stage, decoded, tenant)),
    showStrays(decoded.packets, macs),
  ];
}

/** Both ways between the VTEPs, with the addresses of the tenant's pods inside. */
function showTenant(stage: OverlayStage, { packets, by }: Decoded, tenant: Tenant): ShownCheck {
  const vni = VNIS[tenant];
  const own = packets.filter((packet) => packet.vni === vni);
  const ways = waysOf(stage, tenant);
  const ok = ways.every((way) => own.some((packet) => goes(packet, way)));
  const sample = own.find((packet) => goes(packet, ways[0] as Way));
  return {
    name: `overlay-vni-${vni}`,
    label: `VNI ${vni}, ${tenant}`,
    ok,
    value: own.length,
    unit: "packets",
    text: `${own.length} packets, decoded by ${by}${by === "tcpdump" ? " (tshark is not installed)" : ""}`,
    ...(sample && { detail: lineOf(sample) }),
    row: ROW,
    cell: `VNI ${vni}: ${own.length} packets`,
  };
}

type Way = Pick<VxlanPacket, "from" | "to" | "source" | "destination">;

function waysOf({ pods }: OverlayStage, tenant: Tenant): Way[] {
  const [one, two] = OVERLAY_PODS.map((name) => pods[name]).filter((pod) => pod.network === tenant);
  const [from = "", to = ""] = NODE_NAMES.map(underlayAddress);
  const [source = "", destination = ""] = [one, two].map((pod) => pod?.address(4).address);
  const there = { from, to, source, destination };
  return [there, { from: to, to: from, source: destination, destination: source }];
}

const goes = (packet: VxlanPacket, way: Way): boolean =>
  (Object.keys(way) as (keyof Way)[]).every((key) => packet[key] === way[key]);

const lineOf = ({ from, to, vni, source, destination, info }: VxlanPacket): string =>
  `${from} → ${to} VXLAN VNI ${vni} [ ${source} → ${destination} ${info.replace(/\s+/g, " ")} ]`;

/** Frames of another sender than the pods of a segment, or the VTEPs of a routed network. */
function showStrays(packets: VxlanPacket[], macs: ReadonlyMap<number, string[]>): ShownCheck {
  const strays = packets.filter(({ vni, sourceMac }) => !macs.get(vni)?.includes(sourceMac));
  const [first] = strays;
  return {
    name: "overlay-strays",
    label: "under the wrong VNI",
    ok: packets.length > 0 && strays.length === 0,
    value: strays.length,
    unit: "packets",
    text: `${strays.length} of ${packets.length} packets, by the MAC address inside`,
    ...(first && { detail: `${first.sourceMac}: ${lineOf(first)}` }),
    row: ROW,
    cell: `wrong VNI: ${strays.length}`,
  };
}

/** Of whom may send under a VNI. */
async function macsOf({ pods, greenMacs }: OverlayStage): Promise<Map<number, string[]>> {
  const amber = await Promise.all(
    [pods.amber1, pods.amber2].map(async ({ namespace }) => {
      const eth0 = (await namespace.links()).find(({ ifname }) => ifname === "eth0");
      return eth0?.address ?? "";
    }),
  );
  return new Map([
    [VNIS.green, Object.values(greenMacs)],
    [VNIS.amber, amber],
  ]);
}
