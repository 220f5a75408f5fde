import type { Logger } from "pino";
import type { Attacher } from "../../cni/attacher.ts";
import { VfReader } from "../../sriov/statistics/reader.ts";
import type { Config } from "../config/schema.ts";
import { Dataplane } from "../dataplane/dataplane.ts";
import { loadNative, type Native } from "../dataplane/native.ts";
import { Ipam } from "../networks/ipam.ts";
import { EntryStore } from "../store/entries.ts";
import { Journal } from "../store/journal.ts";
import { vfRecords } from "../store/records.ts";
import type { PathMtuView } from "../vxlan/path-mtu-view.ts";
import { NO_OVERLAY, type OverlayApi } from "../vxlan/view.ts";
import { AgentAttacher } from "./attacher.ts";
import { Closers } from "./closers.ts";
import { deleteCompanions } from "./companion.ts";
import { Events } from "./events.ts";
import { Forwarding } from "./forwarding.ts";
import { tableHost } from "./forwarding-host.ts";
import type { ForwardingApi } from "./forwarding-view.ts";
import { KeyedMutex } from "./keyed-mutex.ts";
import { lockNetworkNamespace } from "./netns-lock.ts";
import { addNetworks } from "./networks.ts";
import { type JoinedFabric, joinFabric } from "./overlay.ts";
import type { Parts } from "./parts.ts";
import { offerVfs, provisionVfs } from "./provisioning.ts";
import { type Life, ReadModel } from "./read-model.ts";
import { Reconciler } from "./reconcile.ts";
import { openSpool, spoolFirst, startSpool } from "./spool-attacher.ts";
import type { Deliver } from "./spool-replay.ts";
import { nodeAddresses } from "./uplink-dangers.ts";
import { Uplinks } from "./uplinks.ts";
import { addonVfs, type VfHost, vfHost } from "./vf-host.ts";
import { VfReadModel } from "./vf-read-model.ts";
import type { VfApi } from "./vf-view.ts";
import { Vfs } from "./vfs.ts";
import type { AgentView } from "./view.ts";

export interface Agent {
  attacher: Attacher;
  view: AgentView;
  /** Routes, neighbours and MAC addresses, for the API. */
  forwarding: ForwardingApi;
  /** VTEPs, VNIs and the fabric, for the API. */
  overlay: OverlayApi;
  /** VFs, for the API and for metrics. */
  vfs: VfApi;
  /** What is known of the paths to other VTEPs, for metrics. */
  paths: () => PathMtuView[];
  /**
   * Has DELs that came without an agent served by what `serving` makes for an attacher; until then
   * nobody counts what their ports have moved.
   */
  serveSpool(serving: (attacher: Attacher) => Deliver): void;
  /**
   * Waits for running calls, detaches every port and ends the workers. Pods keep their links and
   * addresses, and the next agent takes them up again. May be called more than once.
   */
  stop(): Promise<void>;
}

export interface AgentOptions {
  log: Logger;
  /** The addon; tests pass a kernel of their own, which no other agent can disturb. */
  native?: Native;
  /** VFs of the node; tests have their own. */
  vfs?: VfHost;
  /** Addresses of the node; tests have their own. */
  addresses?: () => string[];
  /** Addresses of an interface of the node; tests have their own. */
  addressesOf?: (ifname: string) => string[];
}

/**
 * Starts the agent without its API: locks, journal, workers, networks, then one reconcile.
 * @throws ConfigError | JournalError | Error in words; whatever was started is stopped again
 */
export async function createAgent(config: Config, options: AgentOptions): Promise<Agent> {
  const closers = new Closers();
  try {
    return await start(config, options, closers);
  } catch (error) {
    await closers.closeAll().catch((err: Error) => options.log.error({ err }, "while giving up"));
    throw error;
  }
}

async function start(config: Config, options: AgentOptions, closers: Closers): Promise<Agent> {
  const { log } = options;
  const parts = await makeParts(config, options, closers);
  await provisionVfs(parts, config);
  const uplinks = new Uplinks(parts);
  await uplinks.refuseDangers();
  const entries = EntryStore.open(config.stateDir);
  let fabric: JoinedFabric | null = null;
  const forwarding = new Forwarding(tableHost(parts), entries, log, () =>
    fabric?.controller.refresh(),
  );
  const retry = () => {
    forwarding.retry().catch((err: Error) => log.error({ err }, "entries could not be retried"));
  };
  parts.dataplane.watch({
    portCame: retry,
    portLeaves: (port) => forwarding.portLeaves(port),
    peersLeave: (vtep, peers, remove) => forwarding.peersLeave(vtep, peers, remove),
  });
  const podsChanged = () => fabric?.controller.ownChanged();
  const uplinksSeen = async () => await fabric?.uplinksSeen();
  const reconciler = new Reconciler(parts, uplinks, { podsChanged, uplinksSeen });
  const events = new Events(parts, reconciler, retry, (ifindex) => fabric?.kernelChanged(ifindex));
  const afXdp = parts.native.probeHost().afXdp;
  const life: Life = {
    state: "starting",
    startedAt: new Date(),
    problems: () => problemsOf(life, parts.journal, afXdp),
    spool: () => spool.view(),
  };
  const attacher = new AgentAttacher(parts, life.problems, podsChanged);
  const spool = openSpool(parts, config, attacher);
  closers.push(() => reconciler.stop());
  closers.push(() => events.stop());
  events.start();
  closers.push(() => attacher.close());
  closers.push(() => spool.stop());
  const { undone, restored, released, swept, failures } = await reconciler.run(true);
  await forwarding.restoreEntries();
  await startSpool(spool, config);
  fabric = await joinFabric(parts, config, entries, closers);
  await offerVfs(parts, config, closers);
  reconciler.start(config.reconcileInterval);
  life.state = "ready";
  const found = { undone, restored, released, swept, failures: failures.length };
  warnWithoutLane(parts);
  log.info({ networks: [...parts.networks.keys()], ...found }, "agent is ready");
  return {
    attacher: spoolFirst(attacher, spool),
    view: new ReadModel(parts, config, reconciler, life),
    forwarding,
    vfs: new VfReadModel(parts, attacher, new VfReader({ kernel: addonVfs, log })),
    overlay: fabric?.controller.view ?? NO_OVERLAY,
    paths: () => fabric?.paths.views() ?? [],
    serveSpool: (serving) => spool.deliverBy(serving(attacher)),
    stop: async () => {
      if (life.state === "ready") life.state = "stopping";
      await closers.closeAll();
      life.state = "stopped";
    },
  };
}

async function makeParts(
  config: Config,
  { log, native, addresses = nodeAddresses, addressesOf, vfs }: AgentOptions,
  closers: Closers,
): Promise<Parts> {
  if (!native) {
    const lock = await lockNetworkNamespace();
    closers.push(() => lock.release());
  }
  const journal = await Journal.open(config.stateDir, { warn: (message) => log.warn(message) });
  closers.push(() => journal.close());
  const addon = native ?? loadNative();
  const flowLane = config.networks.some((network) => network.flowLane ?? false);
  const withCompanions = config.networks.some(({ portBackend }) => portBackend === "tc");
  if (withCompanions) closers.push(() => deleteCompanions(addon));
  const dataplane = new Dataplane(addon, config.dataplane, flowLane);
  closers.push(() => dataplane.stop());
  const networks = await addNetworks(addon, dataplane, config, addressesOf);
  const ipam = new Ipam(function* () {
    for (const { record } of journal.attachments.values()) yield record;
  });
  const locks = new KeyedMutex();
  const { podQueues } = config.dataplane;
  const lost = new Set<string>();
  return {
    native: addon,
    dataplane,
    journal,
    ipam,
    networks,
    locks,
    lost,
    podQueues,
    addresses,
    vfs: openVfs(vfs ?? vfHost(addon), config, journal, log),
    log,
  };
}

function openVfs(host: VfHost, { sriov }: Config, { attachments }: Journal, log: Logger): Vfs {
  const vfs = new Vfs(host, sriov, log);
  vfs.restore(vfRecords(attachments));
  return vfs;
}

function problemsOf(
  { state }: Life,
  journal: Journal,
  afXdp: { ok: boolean; reason: string },
): string[] {
  const problems: string[] = [];
  if (state !== "ready") problems.push(`the agent is ${state}`);
  if (!afXdp.ok) problems.push(`AF_XDP sockets cannot be opened: ${afXdp.reason}`);
  if (journal.problem !== null) problems.push(journal.problem);
  return problems;
}

function warnWithoutLane({ dataplane, networks, log }: Parts): void {
  const reason = dataplane.native.flowLaneMissing();
  const wanted = [...networks.values()].some(({ flowLane }) => flowLane);
  if (wanted && reason !== "") {
    log.warn({ reason }, "no flow lane: every packet goes through the ring loop");
  }
}
