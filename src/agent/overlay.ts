import { nodeNameOf } from "../config/node-name.ts";
import type { Config } from "../config/schema.ts";
import { sweepEvpn } from "../fabric/evpn-sweep.ts";
import { openFabric } from "../fabric/open.ts";
import type { EntryStore } from "../store/entries.ts";
import { OverlayController } from "../vxlan/controller.ts";
import { overlayTables } from "../vxlan/dataplane-tables.ts";
import { FabricStore } from "../vxlan/fabric-store.ts";
import { ownNode, stationsOf } from "../vxlan/own-node.ts";
import { reservedIn } from "../vxlan/reserved.ts";
import type { Closers } from "./closers.ts";
import type { Parts } from "./parts.ts";
import { PeerPaths } from "./peer-paths.ts";

export interface JoinedFabric {
  controller: OverlayController;
  paths: PeerPaths;
  /** To be called for events "kernel-fdb" of the dataplane. */
  kernelChanged(ifindex: number): void;
  /** To be called when uplinks may have come, or have another MTU. */
  uplinksSeen(): Promise<void>;
}

/**
 * Joins the fabric of the configuration, when VTEPs, VNIs, pods and entries are there.
 * @returns null when there is none
 * @throws ConfigError for what only the driver can check
 */
export async function joinFabric(
  parts: Parts,
  config: Config,
  entries: EntryStore,
  closers: Closers,
): Promise<JoinedFabric | null> {
  await sweepOther(parts, config);
  if (config.fabric === undefined) return null;
  const { dataplane, networks, journal, lost, log } = parts;
  const name = nodeNameOf(config.fabric);
  const pods = () => ({ stored: journal.attachments.values(), lost });
  const tables = overlayTables(dataplane, networks, (network, vniPort) =>
    reservedIn(network, vniPort, entries, pods()),
  );
  const paths = new PeerPaths(parts, tables);
  closers.push(() => paths.stop());
  await paths.readUplinks();
  const driver = await openFabric(config.fabric, name, parts.native, log);
  const controller = new OverlayController({
    tables: paths.tables,
    driver,
    store: new FabricStore(config.stateDir, log),
    own: () => ownNode(name, tables.vteps(), tables.networks(), stationsOf(pods())),
    log,
  });
  closers.push(() => controller.close());
  await controller.start();
  return {
    controller,
    paths,
    kernelChanged: (ifindex) => driver.kernelChanged?.(ifindex),
    uplinksSeen: () => paths.readUplinks(),
  };
}

/** What another driver of an earlier configuration has left in the kernel. */
async function sweepOther({ native, log }: Parts, { fabric }: Config): Promise<void> {
  if (fabric?.driver === "evpn") return;
  try {
    const swept = await sweepEvpn(native, { devices: [] });
    if (swept.length > 0) log.info({ swept }, "removed what was announced by EVPN before");
  } catch (err) {
    log.warn({ err }, "what was announced by EVPN before could not be removed");
  }
}
