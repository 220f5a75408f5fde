import type { Config } from "../config/schema.ts";
import type { Port, VniPort } from "../dataplane/dataplane.ts";
import type { PortMode } from "../dataplane/native.ts";
import type { Vtep } from "../dataplane/overlay.ts";
import { formatAddress, formatPrefix } from "../networks/ip.ts";
import type { Network } from "../networks/network.ts";
import { capacity } from "../networks/subnet.ts";
import type { Uplink } from "../networks/uplink.ts";
import { bootId } from "../store/boot-id.ts";
import type { StoredAttachment, VfAttachmentRecord } from "../store/records.ts";
import type { Parts } from "./parts.ts";
import type { Reconciler } from "./reconcile.ts";
import { uplinkKey } from "./uplinks.ts";
import { VERSION } from "./version.ts";
import type {
  AgentStatus,
  AgentView,
  AttachmentView,
  AttachmentViewState,
  CountersView,
  FlowLaneView,
  NetworkView,
  PortView,
  SpoolView,
  UplinkView,
  WorkerView,
} from "./view.ts";

/** What only the agent itself knows. */
export interface Life {
  state: AgentStatus["state"];
  startedAt: Date;
  problems(): string[];
  spool(): SpoolView;
}

/** Builds every view afresh from the parts; keeps nothing. */
export class ReadModel implements AgentView {
  readonly #parts: Parts;
  readonly #config: Config;
  readonly #reconciler: Reconciler;
  readonly #life: Life;

  constructor(parts: Parts, config: Config, reconciler: Reconciler, life: Life) {
    this.#parts = parts;
    this.#config = config;
    this.#reconciler = reconciler;
    this.#life = life;
  }

  status(): AgentStatus {
    const { journal, networks, dataplane } = this.#parts;
    const { state, startedAt } = this.#life;
    const { socket, stateDir } = this.#config;
    const { path, bytes, attachments } = journal;
    return {
      version: VERSION,
      pid: process.pid,
      state,
      problems: this.#life.problems(),
      startedAt: startedAt.toISOString(),
      uptimeSeconds: Math.floor((Date.now() - startedAt.getTime()) / 1000),
      socket,
      stateDir,
      bootId: bootId(),
      networks: networks.size,
      ports: dataplane.ports.length,
      tcPorts: dataplane.ports.filter(({ backend }) => backend === "tc").length,
      flowLane: this.#flowLane(),
      attachments: this.#countStates(),
      workers: this.#workers(),
      journal: { path, bytes, records: attachments.size },
      spool: this.#life.spool(),
      reconcile: this.#reconciler.last,
    };
  }

  #flowLane(): FlowLaneView | null {
    const { networks, dataplane } = this.#parts;
    if (![...networks.values()].some(({ flowLane }) => flowLane)) return null;
    const { native } = dataplane;
    const missing = native.flowLaneMissing();
    return { flows: missing === "" ? native.countFlows() : 0, missing };
  }

  networks(): NetworkView[] {
    return [...this.#parts.networks.values()].map((network) => this.#network(network));
  }

  attachments(): AttachmentView[] {
    return [...this.#parts.journal.attachments].map(([key, stored]) =>
      this.#attachment(key, stored),
    );
  }

  ports(): PortView[] {
    const { dataplane } = this.#parts;
    const { fill } = this.#config.dataplane;
    return dataplane.ports.map((port) => ({
      ...identity(port),
      role: port.role,
      backend: port.backend,
      mode: port.info.mode,
      txChecksum: port.info.txChecksum,
      multiBuffer: port.info.multiBuffer,
      queues: port.info.queues.map((queue) => ({ ...queue })),
      refused: [...port.info.refused],
      transmit: dataplane.transmit(port),
      fill,
      kernel: dataplane.statistics(port),
    }));
  }

  portMode(attachment: string): PortMode | null {
    return this.#parts.dataplane.port(attachment)?.info.mode ?? null;
  }

  counters(): CountersView {
    const { ports, vnis, vteps, counters } = this.#parts.dataplane;
    const workers = this.#parts.dataplane.workers();
    this.#parts.dataplane.native.countFlows();
    const all = [...ports, ...vnis, ...vteps].map(identity).sort((a, b) => a.port - b.port);
    return {
      ports: all.map((port) => ({ ...port, ...counters.port(port.port) })),
      workers: workers.map((_, worker) => ({ worker, counters: counters.worker(worker) })),
    };
  }

  #network(network: Network): NetworkView {
    const { dataplane, ipam, journal } = this.#parts;
    const { name, kind, mtu, bridge } = network;
    const handle = dataplane.network(name);
    const records = [...journal.attachments.values()].map(({ record }) => record);
    const routed = new Set(
      dataplane.ports.filter((port) => port.network === name).flatMap(({ routes }) => [...routes]),
    );
    return {
      name,
      id: handle?.id ?? -1,
      kind,
      mtu,
      gatewayMac: kind === "routed" ? network.gatewayMac : "",
      subnets: network.subnets.map((subnet) => ({
        prefix: formatPrefix(subnet.prefix),
        gateway: subnet.gateway ? formatAddress(subnet.gateway) : "",
        capacity: String(capacity(subnet)),
        allocated: ipam.allocated(network, subnet),
      })),
      routes: [...network.routes],
      staticRoutes: network.staticRoutes.map(({ prefix, via }) => ({
        prefix,
        via: formatAddress(via),
        active: routed.has(prefix),
      })),
      uplinks: network.uplinks.map((uplink) => this.#uplink(uplink)),
      mirrorTable: handle?.mirrorTable || null,
      leaks: network.leaks.map(({ prefix, network: to }) => ({ prefix, to })),
      fdbSize: bridge?.options.fdbSize ?? null,
      attachments: records.filter((record) => record.network === name).length,
    };
  }

  #uplink({ ifname, dedicated }: Uplink): UplinkView {
    const port = this.#parts.dataplane.port(uplinkKey(ifname));
    return { ifname, use: dedicated ? "dedicated" : "shared", port: port?.info.port ?? null };
  }

  #attachment(key: string, stored: Readonly<StoredAttachment>): AttachmentView {
    const { record } = stored;
    const { containerId, ifname, network, netns, pod, podMac, mtu, createdAt } = record;
    const port = this.#parts.dataplane.port(key);
    return {
      key,
      containerId,
      ifname,
      network,
      state: this.#stateOf(key, stored),
      steps: [...stored.steps],
      netns,
      pod: pod && { ...pod },
      addresses: record.addresses.map((address) => ({ ...address })),
      podMac,
      hostName: record.mode === "vf" ? "" : record.hostName,
      vf: record.mode === "vf" ? vfOf(record) : null,
      mtu,
      port: port?.info.port ?? null,
      mode: port?.info.mode ?? null,
      createdAt,
    };
  }

  #stateOf(key: string, { state }: Readonly<StoredAttachment>): AttachmentViewState {
    if (state === "attached") return this.#parts.lost.has(key) ? "lost" : "attached";
    return state === "intent" ? "adding" : "removing";
  }

  #countStates(): Record<AttachmentViewState, number> {
    const counts = { adding: 0, attached: 0, removing: 0, lost: 0 };
    for (const [key, stored] of this.#parts.journal.attachments) {
      counts[this.#stateOf(key, stored)]++;
    }
    return counts;
  }

  #workers(): WorkerView[] {
    const { dataplane } = this.#parts;
    return dataplane.workers().map(({ cpu, umemBytes, hugepages }, worker) => {
      const { frames_total: frames = 0, frames_free: free = 0 } = dataplane.counters.worker(worker);
      return {
        worker,
        cpu,
        umemBytes,
        hugepages,
        frames,
        framesInUse: frames - free,
        ports: dataplane.ports.filter((port) => port.workers.includes(worker)).length,
      };
    });
  }
}

function vfOf({ pool, vf: { address, pf, index } }: VfAttachmentRecord) {
  return { address, pf, index, pool };
}

function identity({ port, ifname, network, attachment }: Port | VniPort | Vtep) {
  return { port, ifname, network, attachment };
}
