import { randomBytes } from "node:crypto";
import { chmod, link, unlink } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { claimPath } from "./claim-path.ts";
import { identityOf } from "./identity.ts";

/** Length of sun_path without its terminating zero, unix(7). */
const PATH_BYTES = 107;

/**
 * Our socket at a path that others clear: the kubelet removes all sockets there when it starts.
 * It is bound under a hidden name, which the kubelet ignores, and gets its own name by link(2):
 * that replaces nobody's file, and makes it visible only when it listens and has its mode. And
 * what removes it again is this class; libuv would unlink whatever has the name by then.
 */
export class PluginSocket {
  readonly path: string;
  readonly #accept: (connection: Socket) => void;
  #listener: Server | null = null;
  #identity: string | null = null;

  /** @throws Error when the path is too long for a socket */
  constructor(path: string, accept: (connection: Socket) => void) {
    this.path = path;
    this.#accept = accept;
    const bytes = Buffer.byteLength(path);
    if (bytes <= PATH_BYTES) return;
    throw new Error(
      `socket ${path} has ${bytes} bytes, the kernel takes ${PATH_BYTES}: shorten resourcePrefix or resourceName`,
    );
  }

  async inPlace(): Promise<boolean> {
    return this.#identity !== null && (await identityOf(this.path)) === this.#identity;
  }

  /**
   * Listens at the path, anew when it did before. Connections of before go on.
   * @throws Error in words when the kubelet has not made the directory yet, another process listens
   *   there, or the path holds no socket
   */
  async put(): Promise<void> {
    const directory = dirname(this.path);
    // libuv would say EACCES.
    if ((await identityOf(directory)) === null) throw new Error(`no directory ${directory}`);
    await claimPath(this.path);
    const hidden = join(directory, `.${randomBytes(4).toString("hex")}`);
    const listener = await listen(hidden, this.#accept);
    try {
      const identity = await identityOf(hidden);
      await chmod(hidden, 0o600);
      await link(hidden, this.path);
      await unlink(hidden).catch(alreadyGone);
      this.#identity = identity;
    } catch (error) {
      listener.close();
      throw error;
    }
    this.#listener?.close();
    this.#listener = listener;
  }

  /** Stops listening. The path is cleared when it is still ours. */
  async remove(): Promise<void> {
    if (await this.inPlace()) await unlink(this.path).catch(alreadyGone);
    this.#identity = null;
    this.#listener?.close();
    this.#listener = null;
  }
}

function listen(path: string, accept: (connection: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(accept);
    server.on("error", (error: NodeJS.ErrnoException) => {
      // The name is another one each time; whoever repeats this must not say something new.
      reject(new Error(`cannot listen in ${dirname(path)}: ${error.code}`, { cause: error }));
    });
    server.listen(path, () => resolve(server));
  });
}

async function alreadyGone(error: NodeJS.ErrnoException): Promise<void> {
  if (error.code !== "ENOENT") throw error;
}
