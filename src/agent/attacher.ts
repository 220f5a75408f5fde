import { isDeepStrictEqual } from "node:util";
import type {
  Attacher,
  Attachment,
  AttachmentId,
  AttachRequest,
  CheckRequest,
  IpamRelease,
  NetworkStatus,
  PortWishes,
  VfAttachment,
  VfAttachRequest,
} from "../../cni/attacher.ts";
import { CNI_ERROR, CniError } from "../../cni/errors.ts";
import type { Network } from "../networks/network.ts";
import { type AttachmentRecord, attachmentKey, type StoredAttachment } from "../store/records.ts";
import { addAttachment } from "./add.ts";
import { checkAttachment } from "./check.ts";
import { attachFailure, attachVfFailure, detachFailure, existsAlready } from "./cni-errors.ts";
import { removeAttachment, removeUnknown } from "./del.ts";
import type { Parts } from "./parts.ts";
import { isSameCall } from "./same-call.ts";
import { addVfAttachment } from "./vf-add.ts";
import { repeatedVf } from "./vf-repeat.ts";

/** The agent's side of the CNI verbs. ADD and DEL of one attachment never run at the same time. */
export class AgentAttacher implements Attacher {
  readonly #parts: Parts;
  readonly #problems: () => string[];
  readonly #changed: () => void;
  #stopping = false;

  /**
   * @param problems why no pod can be attached now, in words; [] when one can
   * @param changed called when a pod may have come or gone
   */
  constructor(parts: Parts, problems: () => string[], changed: () => void = () => {}) {
    this.#parts = parts;
    this.#problems = problems;
    this.#changed = changed;
  }

  async attach(request: AttachRequest): Promise<Attachment> {
    this.#requireRunning();
    const { journal, log } = this.#parts;
    const network = this.#findNetwork(request.network);
    const key = attachmentKey(request.containerId, request.ifname);
    return await this.#parts.locks.run(key, async () => {
      const present = journal.attachments.get(key);
      if (present) return await this.#repeated(request, present);
      const started = performance.now();
      const record = await addAttachment(this.#parts, network, request)
        .catch((error) => {
          throw attachFailure(error, request);
        })
        // Also of one that was complete for a moment, until the disk refused its record.
        .finally(() => this.#changed());
      const ms = Math.round(performance.now() - started);
      const mode = this.#parts.dataplane.port(key)?.info.mode;
      const addresses = record.addresses.map(({ address }) => address);
      log.info({ attachment: key, network: network.name, addresses, mode, ms }, "attached");
      return record;
    });
  }

  async attachVf(request: VfAttachRequest): Promise<VfAttachment> {
    this.#requireRunning();
    const { journal, locks, log } = this.#parts;
    const key = attachmentKey(request.containerId, request.ifname);
    return await locks.run(key, async () => {
      const present = journal.attachments.get(key);
      if (present) return await repeatedVf(this.#parts, request, present);
      const started = performance.now();
      const record = await addVfAttachment(this.#parts, request).catch((error) => {
        throw attachVfFailure(error, request);
      });
      const ms = Math.round(performance.now() - started);
      const { address: vf, pf } = record.vf;
      log.info({ attachment: key, vf, pf, pool: record.pool, ms }, "attached");
      return record;
    });
  }

  async detach(containerId: string, ifname: string, ipam?: IpamRelease): Promise<void> {
    this.#requireRunning();
    const { journal, locks, log } = this.#parts;
    const key = attachmentKey(containerId, ifname);
    await locks.run(key, async () => {
      const stored = journal.attachments.get(key);
      try {
        if (stored) await removeAttachment(this.#parts, stored.record, { ipam });
        else await removeUnknown(this.#parts, { containerId, ifname }, ipam);
      } catch (error) {
        throw detachFailure(error, { containerId, ifname });
      } finally {
        // A DEL that fails halfway takes the pod away all the same.
        this.#changed();
      }
      if (stored) log.info({ attachment: key, ...placeOf(stored.record) }, "detached");
    });
  }

  async check(request: CheckRequest): Promise<string[]> {
    const key = attachmentKey(request.containerId, request.ifname);
    return await this.#parts.locks.run(key, () => checkAttachment(this.#parts, request));
  }

  async collect(configName: string, valid: AttachmentId[]): Promise<void> {
    const keep = new Set(
      valid.map(({ containerId, ifname }) => attachmentKey(containerId, ifname)),
    );
    const garbage = [...this.#parts.journal.attachments]
      .filter(([key, { record }]) => record.configName === configName && !keep.has(key))
      .map(([, { record }]) => record);
    const results = await Promise.allSettled(
      garbage.map(({ containerId, ifname }) => this.detach(containerId, ifname)),
    );
    const failures = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as CniError] : [],
    );
    if (failures[0]) {
      const details = failures.map(({ message, details }) => `${message}: ${details}`).join("; ");
      const msg = `${failures.length} of ${garbage.length} attachments could not be collected`;
      throw new CniError(failures[0].code, msg, details);
    }
  }

  async status(name: string, pool: string): Promise<NetworkStatus> {
    const { networks, ipam, vfs } = this.#parts;
    const network = networks.get(name);
    // To be full is no reason unless the network says so: a node whose plugin fails STATUS becomes
    // NotReady and loses the very pods that hold the addresses and VFs.
    const whenFull = network?.notReadyWhenFull ?? false;
    const problems = this.#problems();
    if (name !== "" && !network) problems.push(this.#unknownNetwork(name));
    if (network && whenFull) problems.push(ipam.whyFull(network));
    if (pool !== "") problems.push(vfs.whyNone(pool, whenFull));
    const reason = problems.filter((problem) => problem !== "").join("; ");
    return { ready: reason === "", degraded: reason !== "" && this.#isDegraded(), reason };
  }

  // Pods that the ring loop does not serve now: an agent that stops, or one that could not take
  // them all up again.
  #isDegraded(): boolean {
    const { journal, dataplane } = this.#parts;
    const unserved = [...journal.attachments].some(
      ([key, { record, state }]) =>
        state === "attached" && record.mode !== "vf" && !dataplane.port(key),
    );
    return this.#stopping || unserved;
  }

  /** Takes no further calls and waits for those that run. */
  async close(): Promise<void> {
    this.#stopping = true;
    await this.#parts.locks.idle();
  }

  #requireRunning(): void {
    if (!this.#stopping) return;
    throw new CniError(CNI_ERROR.tryAgainLater, "the millrace agent is stopping");
  }

  #findNetwork(name: string): Network {
    const network = this.#parts.networks.get(name);
    if (network) return network;
    throw new CniError(CNI_ERROR.invalidConfig, this.#unknownNetwork(name));
  }

  #unknownNetwork(name: string): string {
    const known = [...this.#parts.networks.keys()].join(", ") || "none";
    return `network ${name} is not in the agent's configuration; known networks: ${known}`;
  }

  /** A second ADD without DEL between is an error, unless it asks for just what is there. */
  async #repeated(
    request: AttachRequest,
    { record, state }: Pick<StoredAttachment, "record" | "state">,
  ): Promise<Attachment> {
    const key = attachmentKey(request.containerId, request.ifname);
    if (state === "attached" && record.mode !== "vf" && sameWishes(request, record)) {
      const pod = await this.#parts.native.describePod(record.netns, record.ifname);
      if (pod?.mac === record.podMac && this.#parts.dataplane.port(key)) return record;
    }
    throw existsAlready(key, { record, state });
  }
}

const placeOf = (record: AttachmentRecord) =>
  record.mode === "vf" ? { vf: record.vf.address } : { network: record.network };

// What is not asked for now must not have been asked for then; the number of queues has a default.
function samePort(wishes: PortWishes, record: Attachment): boolean {
  return (
    (wishes.queues ?? record.queues) === record.queues &&
    wishes.vlan === record.vlan &&
    wishes.spoofCheck === record.spoofCheck &&
    isDeepStrictEqual(wishes.vlanTrunk, record.vlanTrunk)
  );
}

function sameWishes(request: AttachRequest, record: Attachment): boolean {
  return (
    isSameCall(request, record) &&
    (request.mtu ?? record.mtu) === record.mtu &&
    (request.mac ?? record.podMac) === record.podMac &&
    samePort(request.port ?? {}, record)
  );
}
