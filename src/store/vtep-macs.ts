import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { macProblem, randomMac } from "../networks/mac.ts";
import { writeDurably } from "./durable-file.ts";

/** Raised when the meaning of a key changes; an agent refuses a file of another version. */
const VERSION = 1;

const mac = z.string().refine((text) => macProblem(text) === null, { error: "no unicast MAC" });

const schema = z.strictObject({
  version: z.literal(VERSION),
  /** By network. */
  networks: z.record(z.string(), mac),
});

/**
 * The MAC of our VTEP in each network. Other nodes are told it, so it is made once and outlives
 * restarts and reboots: with another one they would send to nobody until they hear of it.
 */
export class VtepMacs {
  readonly path: string;
  #macs: Map<string, string>;

  private constructor(path: string, macs: Map<string, string>) {
    this.path = path;
    this.#macs = macs;
  }

  /**
   * Reads what an earlier agent left in the state directory; no file means that there was none.
   * @throws Error naming file and remedy when it cannot be read or is damaged
   */
  static open(stateDir: string): VtepMacs {
    const path = join(stateDir, "vtep-macs.json");
    return new VtepMacs(path, readMacs(path));
  }

  /**
   * The MAC of each network, made for those that have none; resolves once the disk has them.
   * @throws Error naming the file when it cannot be written; nothing is kept then
   */
  async ensure(networks: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const missing = networks.filter((name) => !this.#macs.has(name));
    if (missing.length > 0) {
      const macs = new Map(this.#macs);
      for (const name of missing) macs.set(name, unused(macs));
      const content = { version: VERSION, networks: Object.fromEntries(macs) };
      await writeDurably(this.path, `${JSON.stringify(content, null, 1)}\n`);
      this.#macs = macs;
    }
    return new Map(networks.map((name) => [name, this.#macs.get(name) ?? ""]));
  }
}

function unused(macs: ReadonlyMap<string, string>): string {
  const taken = new Set(macs.values());
  for (;;) {
    const made = randomMac();
    if (!taken.has(made)) return made;
  }
}

function readMacs(path: string): Map<string, string> {
  try {
    const { networks } = schema.parse(JSON.parse(readFileSync(path, "utf8")));
    return new Map(Object.entries(networks));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const reason = issue ? `${issue.path.join(".")}: ${issue.message}` : (error as Error).message;
    const remedy =
      "restore the file from a backup, or move it away to have new MAC addresses made: other nodes" +
      " then learn them from the fabric, static ones must be told";
    throw new Error(`${path} cannot be used: ${reason}; ${remedy}`, { cause: error });
  }
}
