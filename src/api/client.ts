import { request } from "node:http";
import type {
  Applied,
  FdbList,
  MirrorView,
  NeighbourList,
  PortMoved,
  RouteList,
  TraceView,
} from "../agent/forwarding-view.ts";
import type { VfDetail, VfInfo } from "../agent/vf-view.ts";
import type {
  AgentStatus,
  AttachmentView,
  CountersView,
  NetworkView,
  PortView,
} from "../agent/view.ts";
import type { FabricView, VniView, VtepView } from "../vxlan/view.ts";

export const DEFAULT_SOCKET = "/run/millrace/agent.sock";

/** The agent answers from memory; silence this long means that it is stuck. */
const TIMEOUT_MS = 5000;
/** A large batch is checked, written to the disk and applied before there is an answer. */
const CHANGE_TIMEOUT_MS = 60_000;

/** Keys and values of a query; undefined ones are left out. */
export type Query = Record<string, string | number | boolean | undefined>;

/** Tables that can be changed. */
export type TableName = "routes" | "neighbours" | "fdb";

type Refusal = Pick<AgentCallError, "text" | "remedy" | "status">;

/** The agent could not be asked, or refused; the message says the remedy. */
export class AgentCallError extends Error {
  readonly code = "MILLRACE_AGENT_CALL";
  readonly text: string;
  /** What to do; "" when that depends. */
  readonly remedy: string;
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;

  constructor({ text, remedy, status }: Refusal) {
    super(remedy === "" ? text : `${text}: ${remedy}`);
    this.name = "AgentCallError";
    this.text = text;
    this.remedy = remedy;
    this.status = status;
  }
}

export interface VfReleased {
  vf: string;
  /** containerId:ifname. */
  attachment: string;
}

export interface AgentClient {
  status(): Promise<AgentStatus>;
  ports(): Promise<PortView[]>;
  networks(): Promise<NetworkView[]>;
  attachments(): Promise<AttachmentView[]>;
  counters(): Promise<CountersView>;
  /** Prometheus text format. */
  metrics(): Promise<string>;
  routes(filter: Query): Promise<RouteList>;
  neighbours(filter: Query): Promise<NeighbourList>;
  fdb(filter: Query): Promise<FdbList>;
  /** All of the changes or none; the agent checks them. */
  change(table: TableName, network: string, changes: readonly unknown[]): Promise<Applied>;
  movePort(move: { port: string; queue: number; worker: number }): Promise<PortMoved>;
  mirror(): Promise<MirrorView>;
  vteps(): Promise<VtepView[]>;
  vnis(): Promise<VniView[]>;
  fabric(): Promise<FabricView>;
  vfs(): Promise<VfInfo[]>;
  vf(address: string): Promise<VfDetail>;
  releaseVf(address: string): Promise<VfReleased>;
  trace(wish: Record<string, unknown>): Promise<TraceView>;
}

/** Asks the agent behind a unix socket. Every call throws AgentCallError. */
export function createClient(socket = DEFAULT_SOCKET): AgentClient {
  const view = async <T>(name: string, query: Query = {}) =>
    JSON.parse(await ask(socket, { path: `/v1/${name}${queryText(query)}` })) as T;
  const post = async <T>(name: string, body: unknown) =>
    JSON.parse(await ask(socket, { path: `/v1/${name}`, body: JSON.stringify(body) })) as T;
  return {
    status: () => view("status"),
    ports: () => view("ports"),
    networks: () => view("networks"),
    attachments: () => view("attachments"),
    counters: () => view("counters"),
    metrics: () => ask(socket, { path: "/metrics" }),
    routes: (filter) => view("routes", filter),
    neighbours: (filter) => view("neighbours", filter),
    fdb: (filter) => view("fdb", filter),
    change: (table, network, changes) => post(table, { network, changes }),
    movePort: (move) => post("ports/move", move),
    mirror: () => view("mirror"),
    vteps: () => view("vteps"),
    vnis: () => view("vnis"),
    fabric: () => view("fabric"),
    vfs: () => view("vfs"),
    vf: (address) => view("vfs/show", { vf: address }),
    releaseVf: (address) => post("vfs/release", { vf: address }),
    trace: (wish) => post("trace", wish),
  };
}

function queryText(query: Query): string {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) given.set(key, String(value));
  }
  return given.size === 0 ? "" : `?${given}`;
}

/** GET, or POST when there is a body. */
function ask(socketPath: string, { path, body }: { path: string; body?: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const timeout = body === undefined ? TIMEOUT_MS : CHANGE_TIMEOUT_MS;
    const call = request({ socketPath, path, method, timeout }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", (error) => reject(unreachable(socketPath, error)));
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        if (status === 200) resolve(text);
        else reject(new AgentCallError({ text: said(text), remedy: "", status }));
      });
    });
    call.on("timeout", () => call.destroy(new Error(`no answer in ${timeout / 1000} s`)));
    call.on("error", (error) => reject(unreachable(socketPath, error)));
    call.end(body);
  });
}

function said(body: string): string {
  try {
    return `the agent refused: ${String((JSON.parse(body) as { error: unknown }).error)}`;
  } catch {
    return `the agent refused: ${body.trim()}`;
  }
}

function unreachable(socket: string, error: NodeJS.ErrnoException): AgentCallError {
  return new AgentCallError({ ...reason(socket, error), status: 0 });
}

function reason(socket: string, error: NodeJS.ErrnoException): Omit<Refusal, "status"> {
  switch (error.code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return {
        text: `no agent listens on ${socket}`,
        remedy:
          'start it with "millrace agent --config FILE", or name its socket with --socket PATH',
      };
    case "EACCES":
      return { text: `permission denied on ${socket}`, remedy: "run this as root" };
    case "ENOTSOCK":
      return {
        text: `${socket} is no socket`,
        remedy: "name the agent's socket with --socket PATH",
      };
    default:
      return { text: `the agent on ${socket} cannot be asked: ${error.message}`, remedy: "" };
  }
}
