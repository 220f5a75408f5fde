import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The built executable that the tests run. */
export const SHIM = fileURLToPath(new URL("../../build/Release/millrace", import.meta.url));
export const shimIsBuilt = existsSync(SHIM);
export const NOT_BUILT = `${SHIM} does not exist: run "npm run build"`;

/** What a runtime sets for ADD. */
export const ADD_ENV = {
  CNI_COMMAND: "ADD",
  CNI_CONTAINERID: "pod1",
  CNI_NETNS: "/run/netns/pod1",
  CNI_IFNAME: "eth0",
  CNI_PATH: "/opt/cni/bin",
};

/** A directory that cannot be made, so that no test writes to the machine's own. */
export const NO_SPOOL = "/dev/null/spool";

export const CONFIG = '{"cniVersion":"1.0.0","name":"blue","type":"millrace"}';

export interface ShimRun {
  code: number | null;
  signal: string | null;
  stdout: string;
  ms: number;
}

/**
 * Executes the shim as a runtime does and waits for its end.
 * @param stdin null leaves it open, as a runtime that never closes it
 */
export async function runShim(
  env: Record<string, string | undefined>,
  stdin: string | Uint8Array | null = CONFIG,
  onStart?: (pid: number) => void,
): Promise<ShimRun> {
  const started = performance.now();
  const child = spawn(SHIM, {
    env: { MILLRACE_SPOOL: NO_SPOOL, ...env },
    stdio: ["pipe", "pipe", "ignore"],
  });
  onStart?.(child.pid ?? 0);
  // It may have refused a large configuration before all of it was written.
  child.stdin.on("error", () => {});
  if (stdin !== null) child.stdin.end(stdin);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [code, signal] = await once(child, "close");
  child.stdin.destroy();
  return { code, signal, stdout, ms: performance.now() - started };
}

/** A directory for sockets, with whatever listens in it; dispose() ends and removes all. */
export class Sockets {
  readonly directory = mkdtempSync(join(tmpdir(), "millrace-shim-"));
  readonly #servers: net.Server[] = [];
  readonly #connections = new Set<net.Socket>();

  path(name = "agent.sock"): string {
    return join(this.directory, name);
  }

  /** An agent that answers over HTTP. Resolves to its socket. */
  async http(handler: http.RequestListener, path?: string): Promise<string> {
    return await this.#listen(http.createServer(handler), path);
  }

  /** An agent that answers each connection with bytes of its own choice. */
  async raw(handler: (socket: net.Socket) => void): Promise<string> {
    return await this.#listen(net.createServer(handler));
  }

  /** Ends whoever listens. */
  async closeAll(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((done) => server.close(done))));
  }

  async dispose(): Promise<void> {
    await this.closeAll();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #listen(
    server: net.Server,
    path = this.path(`agent${this.#servers.length}.sock`),
  ): Promise<string> {
    server.on("connection", (socket: net.Socket) => {
      this.#connections.add(socket);
      // The shim may have given up first.
      socket.on("error", () => {});
      socket.on("close", () => this.#connections.delete(socket));
    });
    this.#servers.push(server);
    server.listen(path);
    await once(server, "listening");
    return path;
  }
}

/** The whole body of a request, decoded strictly: the shim must send UTF-8 whatever it was given. */
export async function readJson(request: http.IncomingMessage): Promise<{
  env: Record<string, string>;
  config: string;
}> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  return JSON.parse(text);
}
