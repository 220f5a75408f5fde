import { OriginalFile } from "../../sriov/policy/original-file.ts";
import { provision } from "../../sriov/policy/provision.ts";
import type { Config } from "../config/schema.ts";
import { vfRecords } from "../store/records.ts";
import type { Closers } from "./closers.ts";
import type { Parts } from "./parts.ts";
import { VfPools } from "./vf-pools.ts";

/**
 * VFs as the configuration declares them, before uplinks and pods come. Those that attachments of
 * an earlier agent have stay theirs.
 */
export async function provisionVfs(
  { native, log, journal, vfs: { life, bootId } }: Parts,
  { stateDir, networks, sriov }: Config,
): Promise<void> {
  const attached = vfRecords(journal.attachments).filter(({ vf }) => vf.bootId === bootId);
  const owned = new Map(attached.map(({ vf }) => [vf.address, `attachment ${vf.owner}`]));
  const host = { native, vfs: life.kernel, used: usedInterfaces({ networks }), owned };
  await provision(host, sriov.policies, new OriginalFile(stateDir, bootId), log);
}

/** VFs for pods, by way of the kubelet. */
export async function offerVfs(
  { vfs, log }: Parts,
  { sriov: { pools, kubeletDir, registration } }: Config,
  closers: Closers,
): Promise<void> {
  const offered = new VfPools({ vfs, pools, kubeletDir, registration, log });
  closers.push(() => offered.stop());
  await offered.start();
}

/** Interfaces that the node needs for itself, with what for. */
export function usedInterfaces({ networks }: Pick<Config, "networks">): Map<string, string> {
  const all = networks.flatMap(({ name, uplinks }) =>
    uplinks.map((uplink) => [uplink.interface, `network ${name} as uplink`] as const),
  );
  return new Map(all);
}
