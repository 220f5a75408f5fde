import type { FabricNetworkKey, FabricNode } from "../fabric/fabric.ts";

/**
 * A node as it was told, with what was known before of the networks that its driver cannot read yet.
 * @param known null or undefined when nothing was
 */
export function withUnread(
  told: FabricNode,
  known: FabricNode | null | undefined,
  unread: readonly FabricNetworkKey[],
): FabricNode {
  if (unread.length === 0) return told;
  const isUnread = ({ vni, udpPort }: FabricNetworkKey) =>
    unread.some((one) => one.vni === vni && one.udpPort === udpPort);
  const kept = known?.networks.filter(isUnread) ?? [];
  const vteps = known?.vteps.filter(
    ({ udpPort }) =>
      kept.some((one) => one.udpPort === udpPort) &&
      !told.vteps.some((one) => one.udpPort === udpPort),
  );
  return {
    name: told.name,
    vteps: [...told.vteps, ...(vteps ?? [])],
    networks: [...told.networks, ...kept],
  };
}
