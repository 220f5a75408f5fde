import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../../src/store/durable-file.ts";
import type { PfOriginal } from "./original.ts";

interface Saved {
  /** With another one, VFs and drivers are the boot's own. */
  bootId: string;
  original: PfOriginal;
}

/** How the PF that is being changed was before, for the case that the agent dies meanwhile. */
export class OriginalFile {
  readonly #path: string;
  readonly #bootId: string;

  constructor(stateDir: string, bootId: string) {
    this.#path = join(stateDir, "provisioning.json");
    this.#bootId = bootId;
  }

  /**
   * What an agent that died in this boot has left; null when there is nothing.
   * @throws Error when it is there and cannot be read
   */
  read(): PfOriginal | null {
    try {
      const { bootId, original } = JSON.parse(readFileSync(this.#path, "utf8")) as Saved;
      return bootId === this.#bootId ? original : null;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return null;
      const remedy = "look at the VFs that it names, then remove it";
      throw new Error(`${this.#path} cannot be read: ${message}; ${remedy}`, { cause: error });
    }
  }

  /** Resolves once the disk has it. */
  async write(original: PfOriginal): Promise<void> {
    await writeDurably(this.#path, `${JSON.stringify({ bootId: this.#bootId, original })}\n`);
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
