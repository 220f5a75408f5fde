import type { SriovPolicy } from "../../src/config/schema.ts";
import type { Native } from "../../src/dataplane/native.ts";
import { discover } from "../discovery/discover.ts";
import { SYSFS } from "../sysfs.ts";
import type { Bdf, PhysicalFunction, VfKernel } from "../types.ts";
import { applyPlan, type PlanLog } from "./apply.ts";
import { defaultRouteNames } from "./default-route.ts";
import { restoreOriginal } from "./original.ts";
import type { OriginalFile } from "./original-file.ts";
import { type AttributeWriter, PfFiles } from "./pf-files.ts";
import { planProvisioning } from "./plan.ts";
import type { Plan, ProvisioningFacts } from "./plan-types.ts";
import { usersOf } from "./refusals.ts";
import { setVfMacs } from "./vf-macs.ts";
import { vfioUsers } from "./vfio-users.ts";

/** A node, as far as it can be looked at. */
export interface SriovHost {
  native: Pick<Native, "listLinks" | "netdevFeatures" | "defaultRouteInterfaces">;
  /** What this node needs for itself: interfaces, with what for ("network blue as uplink"). */
  used: ReadonlyMap<string, string>;
  /** VFs that somebody has, wherever they are: "attachment pod:net1". */
  owned?: ReadonlyMap<Bdf, string>;
  sysfs?: string;
}

export interface ProvisioningHost extends SriovHost {
  vfs: Pick<VfKernel, "setVf">;
  write?: AttributeWriter;
}

export interface ProvisioningLog extends PlanLog {
  warn(fields: object, text: string): void;
}

interface Found {
  pfs: PhysicalFunction[];
  facts: ProvisioningFacts;
}

/** The PFs of this node with their VFs, as sysfs and netlink have them. */
export function discoverHost({
  native,
  sysfs = SYSFS,
}: Omit<SriovHost, "used">): Promise<PhysicalFunction[]> {
  const links = () => native.listLinks();
  const xdpFeatures = () => native.netdevFeatures();
  return discover({ sysfs, links, xdpFeatures });
}

/** What the policies ask for on this node now; changes nothing. */
export async function planHost(host: SriovHost, policies: readonly SriovPolicy[]): Promise<Plan> {
  const { pfs, facts } = await look(host);
  return planProvisioning(pfs, policies, facts);
}

async function look(host: SriovHost): Promise<Found> {
  const { native, used, owned = [], sysfs = SYSFS } = host;
  const pfs = await discoverHost(host);
  const links = await native.listLinks();
  const interfaces = await native.defaultRouteInterfaces();
  const owners = new Map<Bdf, string>([...(await vfioUsers(pfs, { sysfs })), ...owned]);
  for (const { address, ifname } of [...pfs, ...pfs.flatMap(({ vfs }) => vfs)]) {
    const what = used.get(ifname);
    if (what !== undefined) owners.set(address, what);
  }
  const defaultRoute = await defaultRouteNames({ sysfs, links, interfaces });
  return { pfs, facts: { owners, defaultRoute } };
}

/**
 * Makes every PF what its policy says, before anybody gets a VF. What an agent that died meanwhile
 * had half done is undone first. A PF that cannot be changed stays as it was, in the log with the
 * reason, and the agent goes on.
 * @throws when the node cannot be looked at, or nothing can be kept for undoing
 */
export async function provision(
  host: ProvisioningHost,
  policies: readonly SriovPolicy[],
  file: OriginalFile,
  log: ProvisioningLog,
): Promise<void> {
  await undoHalfDone(host, file, log);
  if (policies.length === 0) return;
  const plan = await planHost(host, policies);
  tellRefused(plan, log);
  if (plan.changes.length === 0) return;
  const { sysfs, write, native, vfs } = host;
  const macs = new Map((await native.listLinks()).map(({ name, mac }) => [name, mac]));
  const outcomes = await applyPlan(plan, {
    ...{ log, record: (original) => file.write(original) },
    beforeProbe: (made) => setVfMacs(vfs, macs.get(made.ifname) ?? "", made),
    ...(sysfs !== undefined && { sysfs }),
    ...(write !== undefined && { write }),
  });
  for (const { pf, error } of outcomes) {
    if (error) log.error({ pf, err: error }, "a policy could not be followed");
    else log.info({ pf }, "a PF is as its policy says");
  }
  await file.remove();
}

function tellRefused({ refusals, unmatched }: Plan, log: ProvisioningLog): void {
  for (const { pf, ifname, policies, reason, remedy } of refusals) {
    log.warn({ pf, ifname, policies, remedy }, `a PF is left as it is: ${reason}`);
  }
  for (const policy of unmatched) log.warn({ policy }, "a policy selects no PF of this node");
}

async function undoHalfDone(
  host: ProvisioningHost,
  file: OriginalFile,
  log: ProvisioningLog,
): Promise<void> {
  const original = file.read();
  if (original === null) return;
  const { pf } = original;
  const { pfs, facts } = await look(host);
  const users = usersOf(pfs.find(({ address }) => address === pf)?.vfs ?? [], facts);
  try {
    if (users.length > 0) throw new Error(`in use meanwhile: ${users.join(", ")}`);
    await restoreOriginal(original, new PfFiles(host.sysfs ?? SYSFS, pf, host.write));
    log.info({ pf }, "undid what an agent that died had begun with a PF");
  } catch (error) {
    log.error({ pf, original, err: error }, "what an agent that died had begun stays as it is");
  }
  await file.remove();
}
