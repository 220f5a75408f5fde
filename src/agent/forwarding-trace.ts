import { ForwardingError } from "../dataplane/forwarding-error.ts";
import { findPort, portName } from "../dataplane/forwarding-find.ts";
import type { TableHost, TablePort } from "../dataplane/forwarding-model.ts";
import { readAddress, readMac } from "../dataplane/forwarding-read.ts";
import type { TraceRequest } from "../dataplane/native.ts";
import { type Address, type Family, formatAddress, parseAddress } from "../networks/ip.ts";
import { Names } from "./forwarding-show.ts";
import type { TraceView, TraceWish } from "./forwarding-view.ts";

const IP_HEADER = { 4: 20, 6: 40 } as const;
const NEXT_HEADER = { udp: 8, tcp: 20, icmp: 8 } as const;

/**
 * Follows a packet of a pod through the tables; nothing is sent.
 * @throws ForwardingError when there is no such packet
 */
export async function trace(host: TableHost, wish: TraceWish): Promise<TraceView> {
  const port = findPort(host.ports(), wish.from, "from");
  const destination = readAddress(wish.to, "to");
  checkLength(wish, destination.family);
  const request: TraceRequest = {
    port: port.port,
    source: sourceOf(port, wish, destination.family),
    destination: formatAddress(destination),
    destinationMac: wish.mac === "" ? "" : readMac(wish.mac, "mac"),
    vlan: vlanFor(port, wish.vlan),
    protocol: wish.protocol,
    sourcePort: wish.sourcePort,
    destinationPort: wish.destinationPort,
    length: wish.length,
    ttl: wish.ttl,
  };
  const { ports, ...result } = await host.native.trace(request);
  const names = new Names(host);
  return {
    from: names.ref(port.port),
    network: port.network,
    source: request.source,
    destination: request.destination,
    protocol: wish.protocol,
    sourcePort: wish.sourcePort,
    destinationPort: wish.destinationPort,
    ...result,
    ports: ports.map((number) => names.ref(number)),
    names: Object.fromEntries(host.ports().map((one) => [String(one.port), portName(one)])),
    networks: Object.fromEntries(host.networks().map(({ id, name }) => [String(id), name])),
  };
}

function checkLength({ length, protocol }: TraceWish, family: Family): void {
  const least = IP_HEADER[family] + NEXT_HEADER[protocol];
  if (length >= least) return;
  const reason = `shorter than the headers of IPv${family} and ${protocol}`;
  throw new ForwardingError({ key: "length", value: length, reason, remedy: `at least ${least}` });
}

function sourceOf(port: TablePort, { source }: TraceWish, family: Family): string {
  const fail = (reason: string) => {
    const remedy = `name an IPv${family} address as source`;
    return new ForwardingError({ key: "source", value: source || undefined, reason, remedy });
  };
  if (source === "") {
    const own = port.addresses.map(parseAddress).find((address) => address.family === family);
    if (!own) throw fail(`${portName(port)} has no IPv${family} address of its own`);
    return formatAddress(own);
  }
  const address: Address = readAddress(source, "source");
  if (address.family !== family) throw fail("the destination is of the other family");
  return formatAddress(address);
}

// A VLAN that the port does not carry is no error: the trace shows how it is refused.
function vlanFor(port: TablePort, vlan: number | null): number {
  if (vlan === null) return 0;
  if (vlan === 0 || port.vlan !== null) return vlan;
  const reason = `${portName(port)} is in a routed network, its frames have no tag`;
  throw new ForwardingError({
    key: "vlan",
    value: vlan,
    reason,
    remedy: "leave it out",
  });
}
