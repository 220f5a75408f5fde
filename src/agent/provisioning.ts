import { OriginalFile } from "../../sriov/policy/original-file.ts";
import { provision } from "../../sriov/policy/provision.ts";
import type { Config } from "../config/schema.ts";
import { loadNative, type NativeVfs } from "../dataplane/native.ts";
import { bootId } from "../store/boot-id.ts";
import type { Journal } from "../store/journal.ts";
import type { Closers } from "./closers.ts";
import type { Parts } from "./parts.ts";
import { VfPools } from "./vf-pools.ts";

/**
 * VFs as the configuration declares them, before uplinks and pods come. Those that attachments of
 * an earlier agent have stay theirs.
 */
export async function provisionVfs(
  { native, log, journal, vfs: all }: Parts,
  config: Config,
): Promise<void> {
  const file = new OriginalFile(config.stateDir, bootId());
  const vfs: Pick<NativeVfs, "setVf"> = {
    setVf: (pf, index, change) => loadNative().setVf(pf, index, change),
  };
  const records = vfRecords(journal).filter((record) => record.bootId === all.bootId);
  const owned = new Map(records.map(({ address, owner }) => [address, `attachment ${owner}`]));
  const host = { native, vfs, used: usedInterfaces(config), owned };
  await provision(host, config.sriov.policies, file, log);
  all.restore(vfRecords(journal));
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

function vfRecords({ attachments }: Pick<Journal, "attachments">) {
  return [...attachments.values()].flatMap(({ record }) =>
    record.mode === "vf" ? [{ ...record.vf, pool: record.pool }] : [],
  );
}

/** Interfaces that the node needs for itself, with what for. */
export function usedInterfaces({ networks }: Pick<Config, "networks">): Map<string, string> {
  const all = networks.flatMap(({ name, uplinks }) =>
    uplinks.map((uplink) => [uplink.interface, `network ${name} as uplink`] as const),
  );
  return new Map(all);
}
