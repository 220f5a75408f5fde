import type { VniPort } from "../dataplane/dataplane.ts";
import type {
  TableHost,
  TableNetwork,
  TableOverlay,
  TablePort,
} from "../dataplane/forwarding-model.ts";
import type { Port } from "../dataplane/port.ts";
import { formatPrefix } from "../networks/ip.ts";
import { gatewayOf, type Network } from "../networks/network.ts";
import { bareAddresses } from "../store/records.ts";
import type { Parts } from "./parts.ts";

/** Networks and ports of the agent as the forwarding tables are checked against them. */
export function tableHost(parts: Parts): TableHost {
  const { dataplane, networks, journal } = parts;
  return {
    native: dataplane.native,
    networks: () => [...networks.values()].map((network) => tableNetwork(parts, network)),
    ports: () => {
      const devices = dataplane.ports.map((port) => tablePort(port, journal));
      return [...devices, ...dataplane.vnis.map(vniPort)].sort((a, b) => a.port - b.port);
    },
    workers: () => dataplane.workers().length,
    movePort: ({ port: number }, queue, worker) => movePort(parts, number, queue, worker),
  };
}

function tableNetwork({ dataplane }: Parts, network: Network): TableNetwork {
  const { name, kind, subnets, leaks } = network;
  const handle = dataplane.network(name);
  // The gateway of a bridged network is somebody else.
  const gateways = kind === "routed" ? [gatewayOf(network, 4), gatewayOf(network, 6)] : [];
  return {
    id: handle?.id ?? -1,
    name,
    kind,
    gateways: gateways.filter((gateway) => gateway !== ""),
    prefixes: subnets.map(({ prefix }) => formatPrefix(prefix)),
    mirrorTable: handle?.mirrorTable ?? 0,
    leaks: leaks.map(({ prefix, network: to }) => ({ from: name, to, prefix })),
    overlay: tableOverlay(dataplane, name),
  };
}

function tableOverlay(dataplane: Parts["dataplane"], name: string): TableOverlay | null {
  const vni = dataplane.vni(name);
  const vtep = vni && dataplane.vtep(vni.vtep);
  return vtep ? { vni: vni.vni, vtep: vtep.id, vtepName: vtep.name, port: vni.port } : null;
}

function vniPort({ port, ifname, network }: VniPort): TablePort {
  const nobody = { attachment: "", pod: "", addresses: [], vlan: null, queues: [] };
  return { port, ifname, network, role: "vni", ...nobody };
}

function tablePort(port: Port, journal: Parts["journal"]): TablePort {
  const { attachment, network, ifname, role, vlan, info } = port;
  const record = journal.attachments.get(attachment)?.record;
  const pod = record?.pod;
  return {
    port: info.port,
    ifname,
    network,
    role,
    attachment: role === "pod" ? attachment : "",
    pod: pod ? `${pod.namespace}/${pod.name}` : "",
    addresses: record ? bareAddresses(record) : [],
    vlan,
    queues: info.queues.map((queue) => ({ ...queue })),
  };
}

async function movePort(parts: Parts, number: number, queue: number, worker: number) {
  const { dataplane, locks } = parts;
  const attachment = dataplane.portNumbered(number)?.attachment ?? "";
  // An attachment is not removed while its queue moves.
  return await locks.run(attachment, async () => {
    const { info } = await dataplane.movePort(attachment, queue, worker);
    return info;
  });
}
