import type { PhysicalFunction, VirtualFunction } from "../../sriov/types.ts";
import { showKnobs } from "../../sriov/vf/knobs.ts";
import type { VfDetail, VfInfo } from "../agent/vf-view.ts";
import { type Column, renderTable } from "./table.ts";

type Row = VirtualFunction & { pfName: string; known: VfInfo | undefined };

const COLUMNS: Column<Row>[] = [
  { title: "VF", cell: ({ address }) => address },
  { title: "PF", cell: ({ pfName, pf }) => pfName || pf },
  { title: "INDEX", cell: ({ index }) => index },
  { title: "DRIVER", cell: ({ driver }) => driver || null },
  { title: "INTERFACE", cell: ({ ifname }) => ifname || null },
  { title: "NUMA", cell: ({ numaNode }) => (numaNode < 0 ? null : numaNode) },
  { title: "IOMMU", cell: ({ iommuGroup }) => iommuGroup },
  { title: "ZERO-COPY", cell: ({ xdpFeatures }) => zeroCopy(xdpFeatures) },
];

/** What only an agent knows. */
const KNOWN: Column<Row>[] = [
  { title: "POOL", cell: ({ known }) => known?.pool || null },
  { title: "STATE", cell: ({ known }) => known?.state ?? null },
  { title: "POD", cell: ({ known }) => (known ? podOf(known) || null : null) },
];

/** What the driver says it can; the probe of a port decides. */
const zeroCopy = (features: readonly string[] | null): string | null =>
  features === null ? null : features.includes("xsk-zerocopy") ? "offered" : "no";

const podOf = ({ pod, attachment }: VfInfo): string =>
  pod ? `${pod.namespace}/${pod.name}` : attachment;

/** @param known what an agent says of the VFs; null when there is none */
export function renderVfs(
  pfs: readonly PhysicalFunction[],
  known: readonly VfInfo[] | null = null,
): string {
  if (pfs.length === 0) return "no NIC of this node has virtual functions\n";
  const heads = pfs.map(({ address, ifname, driver, numVfs, totalVfs }) => {
    const name = ifname === "" ? address : `${ifname} (${address})`;
    return `${name}: ${driver || "no driver"}, ${numVfs} of ${totalVfs} VFs\n`;
  });
  const byAddress = new Map(known?.map((one) => [one.address, one]));
  const rows = pfs.flatMap(({ ifname, vfs }) =>
    vfs.map((vf) => ({ ...vf, pfName: ifname, known: byAddress.get(vf.address) })),
  );
  const columns = known === null ? COLUMNS : [...COLUMNS, ...KNOWN];
  const table = rows.length === 0 ? "" : `\n${renderTable(columns, rows)}`;
  return `${heads.join("")}${table}`;
}

/** One line for each thing that is known. */
export function renderVf(vf: VfDetail): string {
  const { attached, settings, netdev, netns } = vf;
  const lines: [string, string][] = [
    ["VF", `${vf.address}, number ${vf.index} of PF ${vf.pfName || vf.pf}`],
    ["driver", vf.driver || "none"],
    ["pool", vf.pool || "none"],
    ["state", vf.reason === "" ? vf.state : `${vf.state}: ${vf.reason}`],
    ["attachment", vf.attachment || "none"],
    ["pod", vf.pod ? `${vf.pod.namespace}/${vf.pod.name}` : "none"],
    ["settings", settings ? showSettings(settings) : `none: ${vf.untold}`],
    ["netdev", netdev ? `${showNetdev(netdev)}${netns && `, in ${netns}`}` : "none"],
  ];
  if (attached) {
    const { settings, netdev } = attached.original;
    lines.push(
      ["asked for", showKnobs(attached.knobs) || "nothing"],
      ["generation", String(attached.generation)],
      [
        "gives back",
        [settings && showSettings(settings), netdev && showNetdev(netdev)]
          .filter(Boolean)
          .join(", "),
      ],
    );
  }
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

type Settings = NonNullable<VfDetail["settings"]>;
type Netdev = NonNullable<VfDetail["netdev"]>;

// What the driver does not tell is left out.
function showSettings({ index: _, ...settings }: Settings): string {
  const told = Object.entries(settings).filter(([, value]) => value !== null);
  return showKnobs(Object.fromEntries(told));
}

function showNetdev({ name, mac, mtu, up, carrier }: Netdev): string {
  const state = up ? (carrier ? "up" : "up without carrier") : "down";
  return `${name}, mac = ${mac}, mtu = ${mtu}, ${state}`;
}
