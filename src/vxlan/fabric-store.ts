import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { writeDurably } from "../store/durable-file.ts";
import { parseFabric, type SavedFabric } from "./fabric-file.ts";

/** A file of some MiB is not written for every pod that comes. */
const DELAY_MS = 1000;

/** The nodes of the fabric on the disk, for a restart while the store of the fabric is away. */
export class FabricStore {
  readonly path: string;
  readonly #log: Logger;
  readonly #delay: number;
  #encode: (() => string) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  /** Why it could not be read or written the last time; "" when it could. */
  problem = "";

  /** @param delay milliseconds from a change to its writing */
  constructor(stateDir: string, log: Logger, delay = DELAY_MS) {
    this.path = join(stateDir, "fabric.json");
    this.#log = log;
    this.#delay = delay;
  }

  /** What an earlier agent has left; nothing when there is none, or when it is damaged. */
  read(): SavedFabric {
    try {
      return parseFabric(readFileSync(this.path, "utf8"));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") this.#report("cannot be used", message);
      return { nodes: [], contested: [] };
    }
  }

  /** Writes soon. @param encode gives the content at that moment */
  changed(encode: () => string): void {
    this.#encode = encode;
    this.#timer ??= setTimeout(() => void this.flush(), this.#delay);
  }

  /** Writes what waits; resolves once the disk has it, or cannot take it. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    const encode = this.#encode;
    if (!encode) return;
    this.#encode = null;
    try {
      await writeDurably(this.path, encode());
      this.problem = "";
    } catch (error) {
      this.#report("cannot be kept", (error as Error).message);
      // Forwarding goes on; the next change tries again, and so does the end of the agent.
      this.#encode ??= encode;
    }
  }

  #report(what: string, reason: string): void {
    this.problem = `${this.path} ${what}: ${reason}`;
    const remedy = "the nodes of the fabric are read again from its store";
    this.#log.warn({ file: this.path, reason, remedy }, `the saved fabric ${what}`);
  }
}
