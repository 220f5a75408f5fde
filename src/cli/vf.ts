import type { Command } from "commander";
import type { PhysicalFunction, VirtualFunction } from "../../sriov/types.ts";
import { toJson } from "./show.ts";
import { type Column, renderTable } from "./table.ts";

type Row = VirtualFunction & { pfName: string };

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

/** What the driver says it can; the probe of a port decides. */
const zeroCopy = (features: readonly string[] | null): string | null =>
  features === null ? null : features.includes("xsk-zerocopy") ? "offered" : "no";

export function renderVfs(pfs: readonly PhysicalFunction[]): string {
  if (pfs.length === 0) return "no NIC of this node has virtual functions\n";
  const heads = pfs.map(({ address, ifname, driver, numVfs, totalVfs }) => {
    const name = ifname === "" ? address : `${ifname} (${address})`;
    return `${name}: ${driver || "no driver"}, ${numVfs} of ${totalVfs} VFs\n`;
  });
  const rows = pfs.flatMap(({ ifname, vfs }) => vfs.map((vf) => ({ ...vf, pfName: ifname })));
  const table = rows.length === 0 ? "" : `\n${renderTable(COLUMNS, rows)}`;
  return `${heads.join("")}${table}`;
}

/** Both look at this node themselves: VFs are there without an agent. */
export function addVfCommand(program: Command): void {
  const vf = program.command("vf").description("show virtual functions, and plan what to make");
  vf.command("list", { isDefault: true })
    .description("show the PFs of this node with their VFs")
    .option("--json", "print JSON for programs")
    .action(async ({ json }: { json?: boolean }) => {
      const { loadNative } = await import("../dataplane/native.ts");
      const { discoverHost } = await import("../../sriov/policy/provision.ts");
      const pfs = await discoverHost({ native: loadNative() });
      process.stdout.write(json ? toJson(pfs) : renderVfs(pfs));
    });
  vf.command("plan")
    .description("say what the policies of a configuration would change on this node; a dry run")
    .argument("<file>", "YAML file")
    .option("--json", "print JSON for programs")
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { loadConfig } = await import("../config/load.ts");
      const { loadNative } = await import("../dataplane/native.ts");
      const { usedInterfaces } = await import("../agent/provisioning.ts");
      const { planHost } = await import("../../sriov/policy/provision.ts");
      const { formatPlan } = await import("../../sriov/policy/format-plan.ts");
      const config = loadConfig(file);
      const host = { native: loadNative(), used: usedInterfaces(config) };
      const plan = await planHost(host, config.sriov.policies);
      process.stdout.write(json ? toJson(plan) : `${formatPlan(plan)}\n`);
    });
}
