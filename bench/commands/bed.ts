import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Dut, Task } from "../duts/dut.ts";
import type { DutKind } from "../duts/kind.ts";
import { duts } from "../duts/list.ts";
import { type FrameOptions, frameOptions, parseFrameSpec } from "../frames/options.ts";
import type { FrameSpec, Source } from "../frames/types.ts";
import type { SinkKind } from "../trial/sink.ts";
import { Tester } from "../trial/tester.ts";
import type { Endpoint, Lane, RunTrial } from "../trial/types.ts";
import {
  formatEndpoint,
  type InterfaceFacts,
  objection,
  parseEndpoint,
  readFacts,
} from "./interfaces.ts";
import { describeOffloads } from "./offloads.ts";
import type { DeviceOptions } from "./options.ts";
import { replayTask } from "./recorder.ts";
import type { Session } from "./session.ts";

/** A device with generator and sink at its two ends. */
export interface Bed {
  /** What it does, for scenarios: a Task, or "path" between the user's own interfaces. */
  task: string;
  dut: Dut;
  run: RunTrial;
  /** Bits per second of the slower interface; undefined on a veth. */
  lineRate?: number;
}

/** Checks the options of a device before anything is made. @throws Error that names the option */
export function checkDevice(options: DeviceOptions, source: Source): void {
  const { dut, tx, rx } = options;
  if ((tx === undefined) !== (rx === undefined)) {
    throw new Error(`--${tx === undefined ? "tx" : "rx"}: missing; --tx and --rx go together`);
  }
  if (tx !== undefined && dut !== undefined) {
    throw new Error(`--dut ${dut}: not with --tx and --rx, which name a device of your own`);
  }
  if (tx !== undefined) return void [tx, options.rx ?? ""].map(parseEndpoint);
  const own = ["name", "vary", "addedBytes", "pcap", "force", ...frameKeys].find(
    (key) => key in options,
  );
  if (own !== undefined) {
    throw new Error(`--${dashed(own)}: only with --tx and --rx; a --dut has its own frames`);
  }
  const kind = findKind(dut ?? defaultDut);
  chooseTask(kind, options.task);
  if (kind.sources.includes(source)) return;
  throw new Error(`--source ${source}: ${kind.name} takes ${kind.sources.join(", ")} only`);
}

const defaultDut = "millrace";

/** Sets a device up with its tester. @throws Error when it cannot run here, with the remedy */
export async function openBed(session: Session, options: DeviceOptions): Promise<Bed> {
  if (options.tx !== undefined) return openPath(session, options);
  const kind = findKind(options.dut ?? defaultDut);
  const missing = await kind.missing();
  if (missing !== null) throw new Error(`--dut ${kind.name} cannot run here: ${missing}`);
  return openKind(session, kind, chooseTask(kind, options.task), options.sink);
}

export async function openKind(
  session: Session,
  kind: DutKind,
  task: Task,
  sink: SinkKind,
): Promise<Bed> {
  const { scope, live, draft } = session;
  live.step({ text: `setting up ${kind.name} for ${task}`, secondsLeft: 0 });
  const dut = await kind.start(scope, task);
  const tester = await Tester.open(scope, dut.lane, { sink });
  await delay(dut.noticesWithinMs ?? 0);
  draft.note(`${kind.name}, ${task}: ${await describeOffloads(dut.lane)}`);
  return { task, dut, run: tester.run };
}

/** @throws Error that lists the devices there are */
export function findKind(name: string): DutKind {
  const found = duts.find((kind) => kind.name === name);
  if (found !== undefined) return found;
  throw new Error(`--dut ${name}: unknown; there are ${duts.map((kind) => kind.name).join(", ")}`);
}

function chooseTask({ name, tasks }: DutKind, wished?: Task): Task {
  const task = wished ?? tasks[0];
  if (task !== undefined && tasks.includes(task)) return task;
  throw new Error(`--task ${wished}: ${name} does ${tasks.join(", ")}`);
}

async function openPath({ scope, draft }: Session, options: DeviceOptions): Promise<Bed> {
  const { name = "path", vary = ["source-port"], addedBytes = 0, force = false } = options;
  const tx = parseEndpoint(options.tx ?? "");
  const rx = parseEndpoint(options.rx ?? "");
  const [from, to] = [await allowed("--tx", tx, force), await allowed("--rx", rx, force)];
  const frame = parseFrameSpec(options, usualFrame(from.mac, to.mac));
  const way = [tx, rx].map(formatEndpoint).join(" and ");
  const lane: Lane = {
    ...{ tx, rx, frame, flowFields: vary, arrival: { ttl: null, addedBytes } },
    ...(options.pcap !== undefined && { capture: options.pcap }),
  };
  const dut: Dut = {
    ...{ name, lane, description: `what is between ${way}` },
    placements: () => ["as it is"],
    prepare: async () => {},
    rest: async () => {},
  };
  const tester = await Tester.open(scope, lane, { sink: options.sink });
  draft.note(`${name}: ${await describeOffloads(lane)}`);
  const speeds = [tx, rx].flatMap(speedOf);
  return {
    ...{ task: options.pcap === undefined ? "path" : replayTask, dut, run: tester.run },
    ...(speeds.length === 2 && { lineRate: Math.min(...speeds) }),
  };
}

/** @throws Error when taking it would cut somebody off */
async function allowed(option: string, at: Endpoint, force: boolean): Promise<InterfaceFacts> {
  const name = `${option} ${formatEndpoint(at)}`;
  const facts = await readFacts(at).catch((cause: Error) => {
    throw new Error(`${name}: ${cause.message}`, { cause });
  });
  const reason = objection(facts, force);
  if (reason !== null) throw new Error(`${name}: ${reason}`);
  return facts;
}

/** Straight to the other interface, between the networks that RFC 2544 appendix C sets apart. */
function usualFrame(source: string, destination: string): FrameSpec {
  return {
    ethernet: { source, destination },
    ip: { source: "198.18.0.1", destination: "198.19.0.1" },
    l4: { protocol: "udp", sourcePort: 1024, destinationPort: 9 },
  };
}

/** Bits per second; none for an interface that has no speed, or is not in our namespace. */
function speedOf({ netns, ifname }: Endpoint): number[] {
  if (netns !== null) return [];
  try {
    const megabits = Number(readFileSync(`/sys/class/net/${ifname}/speed`, "utf8"));
    return megabits > 0 ? [megabits * 1e6] : [];
  } catch {
    return []; // a link that is down, or an interface without speed
  }
}

const frameKeys = frameOptions.map(([flags]) =>
  camel(flags.split(" ")[0] ?? ""),
) as (keyof FrameOptions)[];

function camel(flag: string): string {
  return flag.slice(2).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function dashed(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
