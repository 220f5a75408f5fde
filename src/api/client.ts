import { request } from "node:http";
import type {
  AgentStatus,
  AttachmentView,
  CountersView,
  NetworkView,
  PortView,
} from "../agent/view.ts";

export const DEFAULT_SOCKET = "/run/millrace/agent.sock";

/** The agent answers from memory; silence this long means that it is stuck. */
const TIMEOUT_MS = 5000;

/** The agent could not be asked, or refused; the message says the remedy. */
export class AgentCallError extends Error {
  readonly code = "MILLRACE_AGENT_CALL";
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;

  constructor(message: string, status = 0) {
    super(message);
    this.name = "AgentCallError";
    this.status = status;
  }
}

export interface AgentClient {
  status(): Promise<AgentStatus>;
  ports(): Promise<PortView[]>;
  networks(): Promise<NetworkView[]>;
  attachments(): Promise<AttachmentView[]>;
  counters(): Promise<CountersView>;
  /** Prometheus text format. */
  metrics(): Promise<string>;
}

/** Asks the agent behind a unix socket. Every call throws AgentCallError. */
export function createClient(socket = DEFAULT_SOCKET): AgentClient {
  const view = async <T>(name: string) => JSON.parse(await get(socket, `/v1/${name}`)) as T;
  return {
    status: () => view("status"),
    ports: () => view("ports"),
    networks: () => view("networks"),
    attachments: () => view("attachments"),
    counters: () => view("counters"),
    metrics: () => get(socket, "/metrics"),
  };
}

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, timeout: TIMEOUT_MS }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("error", (error) => reject(unreachable(socketPath, error)));
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        if (status === 200) resolve(body);
        else reject(new AgentCallError(refusal(body), status));
      });
    });
    call.on("timeout", () => call.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
    call.on("error", (error) => reject(unreachable(socketPath, error)));
    call.end();
  });
}

function refusal(body: string): string {
  try {
    return `the agent refused: ${String((JSON.parse(body) as { error: unknown }).error)}`;
  } catch {
    return `the agent refused: ${body.trim()}`;
  }
}

function unreachable(socket: string, error: NodeJS.ErrnoException): AgentCallError {
  return new AgentCallError(reason(socket, error));
}

function reason(socket: string, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return (
        `no agent listens on ${socket}: start it with "millrace agent --config FILE",` +
        " or name its socket with --socket PATH"
      );
    case "EACCES":
      return `permission denied on ${socket}: run this as root`;
    case "ENOTSOCK":
      return `${socket} is no socket: name the agent's socket with --socket PATH`;
    default:
      return `the agent on ${socket} cannot be asked: ${error.message}`;
  }
}
