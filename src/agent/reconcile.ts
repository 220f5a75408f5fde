import { awaitOrphans } from "../../cni/ipam/orphans.ts";
import type { HostLink } from "../dataplane/native.ts";
import type { AttachmentRecord, FastpathRecord, StoredAttachment } from "../store/records.ts";
import { companionKeys, deleteCompanion } from "./companion.ts";
import { connectSteps } from "./connect.ts";
import { removeAttachment } from "./del.ts";
import { keyOfAlias } from "./names.ts";
import type { Parts } from "./parts.ts";
import type { Uplinks } from "./uplinks.ts";
import { repairVf } from "./vf-repair.ts";
import type { ReconcileView } from "./view.ts";

/** Told of what the reconciler has repaired. */
export interface RepairWatcher {
  /** A pod has come or gone. */
  podsChanged(): void;
  /** The uplinks were looked at, and attached where they are there. */
  uplinksSeen(): Promise<void>;
}

/**
 * Compares journal, kernel and dataplane, and repairs what differs. At start it finishes what an
 * earlier agent left: half-done ADDs and DELs are undone, living attachments get their port back,
 * dead ones are released. Only links that carry our alias are ever touched.
 */
export class Reconciler {
  readonly #parts: Parts;
  readonly #uplinks: Uplinks;
  readonly #watcher: RepairWatcher;
  #last: ReconcileView | null = null;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts, uplinks: Uplinks, watcher: RepairWatcher) {
    this.#parts = parts;
    this.#uplinks = uplinks;
    this.#watcher = watcher;
  }

  /** What the last run found; null before the first. */
  get last(): ReconcileView | null {
    return this.#last;
  }

  /** @param atStart attachments whose link is gone are released instead of kept for their DEL */
  async run(atStart: boolean): Promise<ReconcileView> {
    const view = emptyView();
    await this.#repairUplinks(view);
    await this.#lookAtVfs(view);
    const links = await this.#parts.native.listLinks();
    const own = ownLinks(links);
    const companions = companionKeys(links);
    const { attachments } = this.#parts.journal;
    const keys = new Set([...attachments.keys(), ...own.keys(), ...companions]);
    await Promise.all(
      [...keys].map((key) =>
        this.#parts.locks
          .run(key, () =>
            this.#repair(key, own.get(key), atStart, view).finally(() =>
              this.#sweepCompanion(key, companions.has(key)),
            ),
          )
          .catch((error: Error) => this.#failed(key, error, view)),
      ),
    );
    this.#last = view;
    return view;
  }

  /**
   * Looks at one attachment or uplink at once, because its link was seen to go. What it finds is
   * added to the last run, so that nobody has to look faster than the runs come.
   */
  async runFor(key: string): Promise<void> {
    const view = this.#last ?? emptyView();
    if (this.#uplinks.has(key)) return this.#repairUplinks(view);
    await this.#parts.locks.run(key, async () => {
      // DEL removes the link itself, and is done by now.
      if (!this.#parts.journal.attachments.has(key)) return;
      const link = await this.#ownLink(key);
      await this.#repair(key, link, false, view).finally(() => this.#sweepCompanion(key, true));
    });
  }

  /** Runs every `seconds`; a run that takes longer delays the next. */
  start(seconds: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.run(false)
        .catch((error: Error) => this.#parts.log.error({ err: error }, "reconcile failed"))
        .finally(() => {
          if (this.#timer) this.start(seconds);
        });
    }, seconds * 1000).unref();
  }

  async stop(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#running;
  }

  async #repairUplinks(view: ReconcileView): Promise<void> {
    for (const failure of await this.#uplinks.repair()) this.#noted(failure, view);
    await this.#watcher.uplinksSeen();
  }

  async #lookAtVfs(view: ReconcileView): Promise<void> {
    const { vfs } = this.#parts;
    await vfs.look().catch((error: Error) => this.#noted(`VFs: ${error.message}`, view));
    for (const stray of vfs.strays) this.#noted(stray, view);
  }

  // Tried again at every run, but what stays the same is logged once.
  #noted(failure: string, view: ReconcileView): void {
    if (!this.#last?.failures.includes(failure)) this.#parts.log.warn(failure);
    if (!view.failures.includes(failure)) view.failures.push(failure);
  }

  async #ownLink(key: string): Promise<HostLink | undefined> {
    return ownLinks(await this.#parts.native.listLinks()).get(key);
  }

  // Of a port that has gone, or has none any more. A device that vanishes leaves it behind.
  async #sweepCompanion(key: string, mayBe: boolean): Promise<void> {
    const { dataplane, native } = this.#parts;
    if (!mayBe || dataplane.port(key)?.backend === "tc") return;
    await deleteCompanion(native, key);
  }

  // The links were listed before the lock was taken, but nothing here trusts them blindly: only
  // "there was a link" and "there was none", and either is asked again where it matters.
  async #repair(
    key: string,
    link: HostLink | undefined,
    atStart: boolean,
    view: ReconcileView,
  ): Promise<void> {
    const stored = this.#parts.journal.attachments.get(key);
    if (!stored) return this.#sweep(key, link, view);
    if (stored.state !== "attached") return this.#undo(key, stored, atStart, view);
    if (stored.record.mode === "vf") {
      const released = await repairVf(this.#parts, stored.record, view);
      return released ? this.#release(key, stored.record, view) : undefined;
    }
    if (!link && this.#parts.lost.has(key)) return;
    const alive = link ?? (await this.#ownLink(key));
    if (alive) return this.#restore(key, stored.record, view);
    if (atStart) return this.#release(key, stored.record, view);
    return this.#lose(key, stored.record, view);
  }

  async #sweep(key: string, link: HostLink | undefined, view: ReconcileView): Promise<void> {
    if (!link || !(await this.#parts.native.deleteLink(link.name, link.alias))) return;
    view.swept++;
    this.#parts.log.warn({ attachment: key, link: link.name }, "deleted a link without a record");
  }

  // Nobody works on it: the lock is ours.
  async #undo(
    key: string,
    { record, state }: StoredAttachment,
    atStart: boolean,
    view: ReconcileView,
  ): Promise<void> {
    if (record.ipam && atStart) await this.#awaitPlugins(key);
    await removeAttachment(this.#parts, record).finally(() => this.#watcher.podsChanged());
    view.undone++;
    this.#parts.log.warn({ attachment: key, state }, "undid a half-done ADD or DEL");
  }

  // A plugin that an earlier agent has started may still be about to reserve an address.
  async #awaitPlugins(key: string): Promise<void> {
    const pids = await awaitOrphans(key);
    if (pids.length === 0) return;
    const text = "IPAM plugins of an earlier agent do not end; an address may stay reserved";
    this.#parts.log.error({ attachment: key, pids }, text);
  }

  async #restore(key: string, record: FastpathRecord, view: ReconcileView): Promise<void> {
    const { native, dataplane, networks, log, lost } = this.#parts;
    if (dataplane.port(key) && !lost.has(key)) return;
    const network = networks.get(record.network);
    if (!network) throw new Error(`network ${record.network} is not configured any more`);
    const { networkKind = "routed" } = record;
    if (networkKind !== network.kind) {
      const remedy = "delete the pod, or give the network another name";
      throw new Error(`network ${network.name} was ${networkKind} when it was attached; ${remedy}`);
    }
    // A link outlives the path of its namespace: whoever made the path may have removed it.
    const pod = await native.describePod(record.netns, record.ifname);
    try {
      // An attempt before may have failed, and its undoing too.
      await dataplane.removePort(key);
      const steps = connectSteps(this.#parts, network, record, pod !== null);
      for (const step of steps) await step.run();
    } catch (error) {
      await dataplane.removePort(key);
      throw error;
    }
    lost.delete(key);
    this.#watcher.podsChanged();
    view.restored++;
    log.info({ attachment: key, network: record.network }, "took up an attachment again");
  }

  async #release(key: string, record: AttachmentRecord, view: ReconcileView): Promise<void> {
    await removeAttachment(this.#parts, record);
    view.released++;
    const addresses = record.addresses.map(({ address }) => address);
    this.#parts.log.warn(
      { attachment: key, addresses },
      "its link is gone: released the addresses",
    );
  }

  async #lose(key: string, record: FastpathRecord, view: ReconcileView): Promise<void> {
    const { dataplane, log, lost } = this.#parts;
    await dataplane.removeRoutes(key);
    await dataplane.removePort(key);
    lost.add(key);
    this.#watcher.podsChanged();
    view.lost++;
    log.warn({ attachment: key, link: record.hostName }, "its link vanished; kept until DEL");
  }

  #failed(key: string, error: Error, view: ReconcileView): void {
    const failure = `attachment ${key}: ${error.message}`;
    view.failures.push(failure);
    if (this.#last?.failures.includes(failure)) return;
    this.#parts.log.error({ attachment: key, err: error }, "could not be reconciled");
  }
}

function ownLinks(links: readonly HostLink[]): Map<string, HostLink> {
  return new Map(
    links.flatMap((link) => {
      const key = keyOfAlias(link.alias);
      return key === null ? [] : [[key, link] as const];
    }),
  );
}

function emptyView(): ReconcileView {
  const at = new Date().toISOString();
  return { at, undone: 0, restored: 0, released: 0, swept: 0, lost: 0, failures: [] };
}
