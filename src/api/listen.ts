import type { Server } from "node:http";
import type { ListenOptions } from "node:net";

// Nobody but root may reach the socket: whoever can, attaches pods.
const ONLY_OWNER = 0o177;

/** Binds a unix socket with mode 0600. It never exists with a wider mode, not even for a moment. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  const before = process.umask(ONLY_OWNER);
  try {
    await listen(server, { path });
  } finally {
    process.umask(before);
  }
}

/**
 * Binds a loopback address.
 * @param address "127.0.0.1:PORT" or "[::1]:PORT"
 * @throws Error in words when the port is taken.
 */
export async function listenOnLoopback(server: Server, address: string): Promise<void> {
  await listenOn(server, address);
}

/**
 * Binds any address.
 * @param address as of listenOnLoopback, or ":PORT" for all addresses
 * @throws Error in words when the port is taken.
 */
export async function listenOn(server: Server, address: string): Promise<void> {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  const port = Number(address.slice(colon + 1));
  await listen(server, host === "" ? { port } : { host, port });
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const where = options.path ?? `${options.host ?? "any address,"} port ${options.port}`;
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new Error(`cannot listen on ${where}: ${explain(error)}`, { cause: error }));
    });
    server.listen(options, resolve);
  });
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "EADDRINUSE":
      return "another process has it; stop that one or configure another address";
    case "EACCES":
      return "permission denied; run the agent as root";
    case "EADDRNOTAVAIL":
      return "this network namespace has no such address; is its loopback up?";
    default:
      return error.message;
  }
}

/**
 * Stops listening and waits for the requests under way.
 * @param graceMs after this they are cut off
 */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
