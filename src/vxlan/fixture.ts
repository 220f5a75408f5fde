import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type {
  FabricDriver,
  FabricListener,
  FabricNetwork,
  FabricNode,
  FabricStatus,
} from "../fabric/fabric.ts";
import { OverlayController } from "./controller.ts";
import { FabricStore } from "./fabric-store.ts";
import { FakeOverlay } from "./fake-tables.ts";
import { ownNode } from "./own-node.ts";

export const VNI = { blue: 100, lan: 200 } as const;

/** A driver whose store is the test. */
export class FakeDriver implements FabricDriver {
  listener: FabricListener | null = null;
  readonly published: FabricNode[] = [];
  rejected: FabricStatus["rejected"] = [];
  connected = true;
  closed = false;
  synchronisedAt = 0;

  async start(own: FabricNode, listener: FabricListener): Promise<void> {
    this.published.push(own);
    this.listener = listener;
  }

  publish(own: FabricNode): void {
    this.published.push(own);
  }

  status(): FabricStatus {
    const { connected, synchronisedAt, rejected } = this;
    const lastError = connected ? "" : "no route to the store";
    return { driver: "fake", connected, nodes: 0, synchronisedAt, rejected, lastError };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

export interface Bench {
  tables: FakeOverlay;
  driver: FakeDriver;
  store: FabricStore;
  overlay: OverlayController;
  /** Lines of the log. */
  lines: Record<string, unknown>[];
  tell(...nodes: FabricNode[]): Promise<void>;
  gone(...names: string[]): Promise<void>;
  /** @param unreadable nodes that the store has in a form that makes no sense */
  synchronised(...unreadable: string[]): Promise<void>;
}

const dirs: string[] = [];
const running: OverlayController[] = [];

export function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "mr-overlay-"));
  dirs.push(dir);
  return dir;
}

export async function cleanUp(): Promise<void> {
  for (const overlay of running.splice(0)) await overlay.close();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
}

/** The overlay of a node "me" whose dataplane is in memory; `dir` is what an earlier one has left. */
export async function bench(dir = newDir(), tables = new FakeOverlay()): Promise<Bench> {
  const lines: Bench["lines"] = [];
  const log = pino({ level: "info" }, { write: (line) => void lines.push(JSON.parse(line)) });
  const driver = new FakeDriver();
  const store = new FabricStore(dir, log, 10);
  const own = () => ownNode("me", tables.vteps(), tables.networks(), tables.stations);
  const overlay = new OverlayController({ tables, driver, store, own, log });
  running.push(overlay);
  await overlay.start();
  const told = (tell: (listener: FabricListener) => void) => {
    if (driver.listener) tell(driver.listener);
    return overlay.idle();
  };
  return {
    tables,
    driver,
    store,
    overlay,
    lines,
    tell: (...nodes) => told((one) => nodes.forEach((node) => void one.changed(node))),
    gone: (...names) => told((one) => names.forEach((name) => void one.gone(name))),
    synchronised: (...unreadable) => told((one) => one.synchronised(new Set(unreadable))),
  };
}

const hex = (n: number) => n.toString(16).padStart(2, "0");

/** A MAC of a node, or of one of its stations. */
export const macOf = (node: number, station = 0): string =>
  `02:${hex(station >> 8)}:${hex(station & 255)}:00:${hex(node >> 8)}:${hex(node & 255)}`;

/** VTEP address of a node. */
export const vtepOf = (node: number): string => `192.0.${2 + (node >> 8)}.${node & 255}`;

/** Node `n` of the fabric: 10.n.0.0/16 behind it in blue, one station in lan. */
export function node(n: number, more: Partial<FabricNode> = {}): FabricNode {
  return {
    name: `n${n}`,
    vteps: [{ udpPort: 4789, address4: vtepOf(n), address6: `2001:db8::${n.toString(16)}` }],
    networks: [routed(n), bridged(n)],
    ...more,
  };
}

export function routed(n: number, more: Partial<FabricNetwork> = {}): FabricNetwork {
  const where = { vni: VNI.blue, udpPort: 4789 };
  return { ...where, mac: macOf(n), prefixes: [`10.${n}.0.0/16`], endpoints: [], ...more };
}

export function bridged(n: number, more: Partial<FabricNetwork> = {}): FabricNetwork {
  const endpoints = [{ mac: macOf(n, 1), addresses: [`172.16.0.${n}`] }];
  return { vni: VNI.lan, udpPort: 4789, mac: "", prefixes: [], endpoints, ...more };
}
