import type { Attacher } from "../../cni/attacher.ts";
import type { VfReader } from "../../sriov/statistics/reader.ts";
import type { Bdf, PhysicalFunction, VirtualFunction } from "../../sriov/types.ts";
import { locate } from "../../sriov/vf/locate.ts";
import type { VfRecord } from "../../sriov/vf/record.ts";
import { findSettings } from "../../sriov/vf/settings.ts";
import type { VfAttachmentRecord } from "../store/records.ts";
import type { Parts } from "./parts.ts";
import type { VfApi, VfDetail, VfInfo } from "./vf-view.ts";

/** Builds what is shown of VFs from the parts; keeps nothing. */
export class VfReadModel implements VfApi {
  readonly #parts: Parts;
  readonly #attacher: Pick<Attacher, "detach">;
  readonly #reader: VfReader;

  constructor(parts: Parts, attacher: Pick<Attacher, "detach">, reader: VfReader) {
    this.#parts = parts;
    this.#attacher = attacher;
    this.#reader = reader;
  }

  pools(): readonly string[] {
    return this.#parts.vfs.pools;
  }

  vfs(): VfInfo[] {
    return this.#parts.vfs.pfs.flatMap((pf) => pf.vfs.map((vf) => this.#info(pf, vf)));
  }

  async show(address: Bdf): Promise<VfDetail | null> {
    const { vfs } = this.#parts;
    await vfs.look();
    const info = this.vfs().find((one) => one.address === address);
    if (!info) return null;
    const found = await findSettings(vfs.life, info);
    const place = await locate(vfs.life, address, info.netns);
    const record = this.#recordOf(address)?.vf;
    return {
      ...info,
      settings: found.settings,
      untold: found.settings === null ? found.because : "",
      netdev: place?.netdev ?? null,
      attached: record ? attachedOf(record) : null,
    };
  }

  async release(address: Bdf): Promise<string | null> {
    const record = this.#recordOf(address);
    if (!record) return null;
    await this.#attacher.detach(record.containerId, record.ifname);
    return record.vf.owner;
  }

  statistics() {
    return this.#reader.read(this.vfs());
  }

  #recordOf(address: Bdf): VfAttachmentRecord | null {
    const { vfs, journal } = this.#parts;
    const holder = vfs.holderOf(address)?.owner ?? "";
    const record = journal.attachments.get(holder)?.record;
    return record?.mode === "vf" && record.vf.address === address ? record : null;
  }

  #info(pf: PhysicalFunction, vf: VirtualFunction): VfInfo {
    const { vfs } = this.#parts;
    const { address, index, driver, numaNode, ifname, iommuGroup } = vf;
    const record = this.#recordOf(address);
    const reason = vfs.problemOf(vf, pf);
    return {
      ...{ address, pf: pf.address, pfName: pf.ifname, index, driver, numaNode },
      ...{ ifname, iommuGroup, pool: vfs.poolOf(address), netns: record?.netns ?? "" },
      ...{ pod: record?.pod ?? null, attachment: vfs.holderOf(address)?.owner ?? "" },
      ...this.#state(address, reason),
    };
  }

  #state(address: Bdf, reason: string): Pick<VfInfo, "state" | "reason"> {
    const { vfs } = this.#parts;
    if (vfs.holderOf(address)) return { state: "used", reason: "" };
    if (reason !== "") return { state: "unhealthy", reason };
    return { state: vfs.isCooling(address) ? "cooling" : "free", reason: "" };
  }
}

function attachedOf({ generation, knobs, settings, netdev }: VfRecord): VfDetail["attached"] {
  return { generation, knobs, original: { settings, netdev } };
}
