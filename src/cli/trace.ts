import { type Command, Option } from "commander";
import { createClient } from "../api/client.ts";
import { integerOption } from "./numbers.ts";
import { type ShowOptions, toJson, withShowOptions } from "./show.ts";
import { reachesSomebody, renderTrace } from "./trace-text.ts";

interface TraceOptions extends ShowOptions {
  from: string;
  to: string;
  source?: string;
  proto: string;
  sport?: number;
  dport?: number;
  length?: number;
  ttl?: number;
  mac?: string;
  vlan?: number;
}

export function addTraceCommand(program: Command): void {
  const port = integerOption(0, 65535);
  const command = program
    .command("trace")
    .description(
      "show the way of a packet through the tables, which is not sent; status 1: dropped",
    )
    .requiredOption(
      "--from <pod>",
      "namespace/name, containerId, containerId:ifname, pod address or interface",
    )
    .requiredOption("--to <address>", "destination")
    .option("--source <address>", "source (default: the pod's own)")
    .addOption(
      new Option("--proto <protocol>", "protocol").choices(["udp", "tcp", "icmp"]).default("udp"),
    )
    .option("--sport <port>", "source port", port)
    .option("--dport <port>", "destination port", port)
    .option("--length <bytes>", "length of the IP packet", integerOption(20, 65535))
    .option("--ttl <hops>", "TTL or hop limit", integerOption(1, 255))
    .option("--mac <mac>", "destination MAC (default: the gateway, or the known host)")
    .option("--vlan <id>", "VLAN tag (default: untagged)", integerOption(0, 4094));
  withShowOptions(command).action(async ({ socket, json, ...options }: TraceOptions) => {
    const view = await createClient(socket).trace(wishOf(options));
    process.stdout.write(json ? toJson(view) : renderTrace(view));
    if (!reachesSomebody(view)) process.exitCode = 1;
  });
}

/** The body of the request; what is left out has its default in the agent. */
function wishOf(options: Omit<TraceOptions, keyof ShowOptions>): Record<string, unknown> {
  const { proto: protocol, sport: sourcePort, dport: destinationPort, ...rest } = options;
  return { ...rest, protocol, sourcePort, destinationPort };
}
