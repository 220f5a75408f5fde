import { type Command, Option } from "commander";
import { integerOption } from "../../src/cli/numbers.ts";
import type { Task } from "../duts/dut.ts";
import { type FrameOptions, frameOptions } from "../frames/options.ts";
import { parseSizes } from "../frames/sizes.ts";
import type { SizeShare, Source, VariedField } from "../frames/types.ts";
import { type SinkKind, sinkKinds } from "../trial/sink.ts";
import { numberFlag, signedFlag, sizeFlag, sizesFlag, wordsFlag } from "./flags.ts";

/** A shorter trial has no steady part. */
export const leastTrial = 0.4;
export const tasks: readonly Task[] = ["route", "bridge", "vxlan-encap", "vxlan-decap"];
export const sources: readonly Source[] = ["skb", "frame"];
const fields: readonly VariedField[] = [
  ...(["source-address", "destination-address", "source-port", "destination-port"] as const),
  "vlan",
];

/** Where results and progress go. */
export interface OutputOptions {
  json?: string;
  markdown?: string;
  html?: string;
  quiet?: boolean;
}

/** What is measured: a device of ours, or what is between two interfaces. */
export interface DeviceOptions extends FrameOptions {
  dut?: string;
  task?: Task;
  placement?: string;
  tx?: string;
  rx?: string;
  name?: string;
  vary?: VariedField[];
  addedBytes?: number;
  pcap?: string;
  force?: boolean;
  sink: SinkKind;
}

/** What it is loaded with. */
export interface LoadOptions {
  size: readonly SizeShare[];
  /** Instead of the one size. */
  sizes?: (readonly SizeShare[])[];
  flows: number;
  source: Source;
  /** Seconds. */
  trial: number;
  rounds: number;
  /** How often a doubtful trial is run again. */
  repeats: number;
}

export function addOutputOptions(command: Command): Command {
  return command
    .option("--json <file>", "write the result as JSON (millrace bench schema)")
    .option("--markdown <file>", "write it as Markdown")
    .option("--html <file>", "write it as a page with plots, in one file")
    .option("--quiet", "show no progress");
}

export function sinkOption(): Option {
  return new Option("--sink <kind>", "where frames end: in the driver, or as packets of a pod")
    .choices(sinkKinds)
    .default("xdp");
}

export function addDeviceOptions(command: Command): Command {
  command
    .addOption(sinkOption())
    .option("--dut <name>", "a device on veths, see millrace bench list (default: millrace)")
    .addOption(new Option("--task <name>", "what the device does").choices(tasks))
    .option("--placement <words>", "where it works (default: where one trial is fastest)")
    .option("--tx <interface>", "send by [NETNS/]INTERFACE; with --rx, instead of --dut")
    .option("--rx <interface>", "receive by it; all that arrives there is counted and dropped")
    .option("--name <words>", "what reports call the way from --tx to --rx")
    .option("--vary <fields>", `what tells flows apart: ${fields.join(", ")}`, wordsFlag(fields))
    .option("--added-bytes <bytes>", "headers put in front on the way; -50: taken away", signedFlag)
    .option("--pcap <file>", "replay this capture over and over; what arrives is counted")
    .option("--force", "use interfaces with addresses or of a bridge; never the default route's");
  for (const [flags, description] of frameOptions) command.option(flags, description);
  return command;
}

export function addLoadOptions(command: Command, defaults: Partial<LoadOptions> = {}): Command {
  const { rounds = 3, trial = 1 } = defaults;
  return command
    .addOption(
      new Option("--size <bytes>", "with FCS; or imix, or 64:7,594:4")
        .argParser(sizeFlag)
        .default(parseSizes("64"), "64"),
    )
    .option("--sizes <list>", "several scenarios: rfc2544, or 64,imix,1518", sizesFlag)
    .option("--flows <count>", "1 to 65536", integerOption(1, 65536), 1)
    .addOption(
      new Option("--source <kind>", "packets as a pod sends them, or frames as a NIC delivers them")
        .choices(sources)
        .default("skb"),
    )
    .option("--trial <seconds>", "length of a trial", numberFlag(leastTrial, 3600), trial)
    .option(
      "--rounds <count>",
      "fewer than 3 are no basis for a claim",
      integerOption(1, 100),
      rounds,
    )
    .option("--repeats <count>", "of a doubtful trial", integerOption(0, 20), 2);
}
