import type { TraceView } from "../agent/forwarding-view.ts";
import { portName } from "../dataplane/forwarding-find.ts";
import type { TraceStep } from "../dataplane/native.ts";
import { colors } from "../telemetry/colors.ts";

type Facts = TraceStep["facts"];
type Fact = string | number;
/** Names of ports by their numbers, and of networks by their ids. */
interface NameOf {
  (port: Fact): string;
  network(id: Fact): string;
}

/** Whether the packet goes somewhere, or is an echo request that the gateway answers. */
export function reachesSomebody({ verdict, reason }: TraceView): boolean {
  return verdict === "sent" || verdict === "flooded" || (verdict === "answered" && reason === "");
}

/** The way of a packet, step by step, and how it ends. */
export function renderTrace(trace: TraceView): string {
  const nameOf: NameOf = Object.assign(
    (port: Fact) => trace.names[String(port)] ?? `port ${port}`,
    { network: (id: Fact) => trace.networks[String(id)] ?? `network ${id}` },
  );
  const numbers = String(trace.steps.length).length + 1;
  const width = Math.max(0, ...trace.steps.map(({ node }) => node.length));
  const steps = trace.steps.map(({ node, facts }, i) => {
    const head = `${String(i + 1).padStart(numbers)} ${node.padEnd(width)}`;
    return `${head}  ${factsText(facts, nameOf)}`.trimEnd();
  });
  return `${[headLine(trace), ...steps, verdictLine(trace), ...laneLines(trace)].join("\n")}\n`;
}

function headLine(trace: TraceView): string {
  const { from, source, destination, protocol, sourcePort, destinationPort } = trace;
  const who = from.pod.slice(from.pod.indexOf("/") + 1) || from.attachment || from.ifname;
  const ports = protocol === "icmp" ? "" : ` ${sourcePort} -> ${destinationPort}`;
  const where = `${source}, port ${from.port} ${from.ifname}`;
  return colors.bold(`${who} (${where}) -> ${destination} ${protocol}${ports}`);
}

function verdictLine(trace: TraceView): string {
  const { verdict, reason } = trace;
  const ports = trace.ports.map(portName).join(", ");
  const paint = reachesSomebody(trace) ? colors.green : colors.red;
  switch (verdict) {
    case "sent":
      return paint(`sent by ${ports}`);
    case "flooded":
      return paint(`flooded to ${ports || "nobody"}`);
    case "waiting":
      return colors.yellow("waits until the neighbour is resolved");
    case "answered":
      return paint(reason === "" ? "answered by the gateway" : `answered with an error: ${reason}`);
    default:
      return paint(`dropped: ${reason}`);
  }
}

/** What the flow lane of the port does with such packets; nothing where there is none. */
function laneLines({ lane }: TraceView): string[] {
  const said = {
    known: "flow lane: forwards this flow, past the nodes above",
    new: "flow lane: not this flow yet, once a packet of it has passed",
    "no-flow": "flow lane: leaves such packets to the nodes above",
    off: "",
  }[lane];
  return said === "" ? [] : [said];
}

const SOURCE_CHECKS: Record<string, string> = {
  own: "source is the pod's own",
  routed: "source is behind a route to this port",
  spoofed: "source does not belong to this port",
  uplink: "no source is pinned on an uplink",
};

/** Phrases, in the order in which they are read; each uses up the keys it tells of. */
const PHRASES: { keys: string[]; text: (facts: Facts, nameOf: NameOf) => string }[] = [
  {
    keys: ["destination_mac", "source_mac"],
    text: ({ destination_mac: to, source_mac: from }) => `to ${to}${from ? ` from ${from}` : ""}`,
  },
  { keys: ["vlan"], text: ({ vlan }) => `VLAN ${vlan}` },
  {
    keys: ["source_check"],
    text: ({ source_check: check = "" }) => SOURCE_CHECKS[check] ?? `source check: ${check}`,
  },
  { keys: ["route", "route_type", "route_source", "next_hop"], text: routeText },
  { keys: ["route_type"], text: ({ route_type: type }) => `route type ${type}` },
  { keys: ["route_source"], text: ({ route_source: source }) => `route from ${source}` },
  { keys: ["next_hop"], text: ({ next_hop: hop }) => (hop ? `next hop ${hop}` : "") },
  { keys: ["vni", "peer", "udp_port", "underlay_network"], text: tunnelText },
  {
    keys: ["leak_to"],
    text: ({ leak_to: id = "" }, nameOf) => `routes of ${nameOf.network(id)} decide`,
  },
  { keys: ["bucket", "members"], text: bucketText },
  { keys: ["members"], text: ({ members }) => `${members} members` },
  { keys: ["fdb", "fdb_source"], text: fdbText },
  { keys: ["adjacency"], text: ({ adjacency = "" }) => ADJACENCIES[adjacency] ?? `${adjacency}` },
  {
    keys: ["mac", "port"],
    text: ({ mac, port = "" }, nameOf) => `-> ${mac ? `neighbour ${mac} on ` : ""}${nameOf(port)}`,
  },
  { keys: ["mac"], text: ({ mac }) => `MAC ${mac}` },
  { keys: ["port"], text: ({ port = "" }, nameOf) => `-> ${nameOf(port)}` },
  { keys: ["mtu"], text: ({ mtu }) => `MTU ${mtu}` },
  { keys: ["ttl"], text: ({ ttl }) => `TTL ${ttl}` },
  { keys: ["reason"], text: ({ reason }) => `dropped: ${reason}` },
  {
    keys: ["icmp_type", "icmp_code"],
    text: ({ icmp_type: type, icmp_code: code = 0 }) =>
      `answered by ICMP type ${type} code ${code}`,
  },
  { keys: ["icmp"], text: ({ icmp }) => `answered by ICMP ${icmp}` },
];

/** What a next hop is, where that is not plain. */
const ADJACENCIES: Record<string, string> = {
  rewrite: "",
  unresolved: "MAC of the next hop is not known yet",
  glean: "the destination is a neighbour whose MAC is not known yet",
};

function factsText(facts: Facts, nameOf: NameOf): string {
  const left: Facts = { ...facts };
  const said = PHRASES.flatMap(({ keys, text }) => {
    // The first key is what a phrase is about.
    const [about = ""] = keys;
    if (left[about] === undefined) return [];
    if (about === "mac" && keys.length > 1 && left["port"] === undefined) return [];
    const phrase = text(left, nameOf);
    for (const key of keys) delete left[key];
    return phrase === "" ? [] : [phrase];
  });
  const rest = Object.entries(left).map(([key, value]) => `${key}=${value}`);
  return [...said, ...rest].join("; ").replaceAll("; ->", " ->");
}

function tunnelText(facts: Facts, nameOf: NameOf): string {
  const { vni, peer, udp_port: port, underlay_network: underlay = "" } = facts;
  if (peer === "unknown") return `VNI ${vni}; behind no VTEP that is known`;
  return `VNI ${vni} to VTEP ${peer} port ${port} through ${nameOf.network(underlay)}`;
}

function fdbText({ fdb, fdb_source: source }: Facts): string {
  return `FDB ${fdb}${source === undefined ? "" : ` (${source})`}`;
}

function routeText({ route, route_type: type, route_source: source, next_hop: hop }: Facts) {
  const kind = type === undefined || type === "unicast" ? "" : ` ${type}`;
  const via = hop === undefined || hop === "" ? "" : ` via ${hop}`;
  return `route ${route}${kind}${via}${source === undefined ? "" : ` (${source})`}`;
}

function bucketText({ bucket, members }: Facts): string {
  return `bucket ${bucket}${members === undefined ? "" : ` of ${members} next hops`}`;
}
