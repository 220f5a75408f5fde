import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeDurably } from "./durable-file.ts";
import {
  ENTRIES_VERSION,
  entriesSchema,
  type StoredFdb,
  type StoredNeighbour,
  type StoredRoute,
} from "./entries-schema.ts";

export type { StoredFdb, StoredNeighbour, StoredRoute } from "./entries-schema.ts";

/** What the API has put into the tables of one network, by what it is known by there. */
export interface NetworkEntries {
  /** By prefix. */
  routes: Map<string, StoredRoute>;
  /** By neighbourKey. */
  neighbours: Map<string, StoredNeighbour>;
  /** By fdbKey. */
  fdb: Map<string, StoredFdb>;
}

/** New values by key; null takes the entry out. */
export interface EntryEdits {
  routes?: readonly (readonly [key: string, value: StoredRoute | null])[];
  neighbours?: readonly (readonly [key: string, value: StoredNeighbour | null])[];
  fdb?: readonly (readonly [key: string, value: StoredFdb | null])[];
}

export const neighbourKey = ({ port, address }: Pick<StoredNeighbour, "port" | "address">) =>
  `${port} ${address}`;
export const fdbKey = ({ mac, vlan }: Pick<StoredFdb, "mac" | "vlan">) => `${mac} ${vlan}`;

/** Routes, neighbours and FDB entries made by the API: what a restart has to bring back. */
export class EntryStore {
  readonly path: string;
  readonly #networks: Map<string, NetworkEntries>;
  #leaks: { from: string; to: string; prefix: string }[] | null = null;

  private constructor(path: string, networks: Map<string, NetworkEntries>) {
    this.path = path;
    this.#networks = networks;
  }

  /**
   * Reads what an earlier agent left in the state directory; no file is an empty store.
   * @throws Error naming file and remedy when it cannot be read or is damaged
   */
  static open(stateDir: string): EntryStore {
    const path = join(stateDir, "entries.json");
    return new EntryStore(path, readEntries(path));
  }

  /** Names of the networks that have entries. */
  get networks(): string[] {
    return [...this.#networks.keys()];
  }

  /** Routes of type leak in all networks. */
  get leaks(): readonly { from: string; to: string; prefix: string }[] {
    this.#leaks ??= [...this.#networks].flatMap(([from, { routes }]) =>
      [...routes.values()]
        .filter(({ type }) => type === "leak")
        .map(({ prefix, leakTo: to }) => ({ from, to, prefix })),
    );
    return this.#leaks;
  }

  /** Not to be changed by the caller. */
  network(name: string): Readonly<NetworkEntries> {
    return this.#networks.get(name) ?? empty();
  }

  /**
   * Changes entries of one network; resolves once the disk has them. One call at a time.
   * @returns takes the change back, on the disk as well
   * @throws Error naming the file when it cannot be written; nothing is changed then
   */
  async change(name: string, edits: EntryEdits): Promise<() => Promise<void>> {
    const before = this.#networks.get(name);
    const after = edited(before ?? empty(), edits);
    await this.#replace(name, after, before);
    return () => this.#replace(name, before, after);
  }

  async #replace(
    name: string,
    entries: NetworkEntries | undefined,
    before: NetworkEntries | undefined,
  ): Promise<void> {
    this.#set(name, entries);
    try {
      await writeDurably(this.path, this.#encode());
    } catch (error) {
      this.#set(name, before);
      throw error;
    }
  }

  #set(name: string, entries: NetworkEntries | undefined): void {
    this.#leaks = null;
    const used = entries && entries.routes.size + entries.neighbours.size + entries.fdb.size > 0;
    if (used) this.#networks.set(name, entries);
    else this.#networks.delete(name);
  }

  #encode(): string {
    const networks = [...this.#networks].map(([name, { routes, neighbours, fdb }]) => {
      const lists = { routes, neighbours, fdb };
      const values = Object.entries(lists).map(([key, map]) => [key, [...map.values()]]);
      return [name, Object.fromEntries(values)];
    });
    const content = { version: ENTRIES_VERSION, networks: Object.fromEntries(networks) };
    return `${JSON.stringify(content, null, 1)}\n`;
  }
}

const empty = (): NetworkEntries => ({ routes: new Map(), neighbours: new Map(), fdb: new Map() });

function edited(entries: NetworkEntries, edits: EntryEdits): NetworkEntries {
  return {
    routes: editedMap(entries.routes, edits.routes ?? []),
    neighbours: editedMap(entries.neighbours, edits.neighbours ?? []),
    fdb: editedMap(entries.fdb, edits.fdb ?? []),
  };
}

function editedMap<T>(
  map: Map<string, T>,
  edits: readonly (readonly [string, T | null])[],
): Map<string, T> {
  const result = new Map(map);
  for (const [key, value] of edits) {
    if (value === null) result.delete(key);
    else result.set(key, value);
  }
  return result;
}

function readEntries(path: string): Map<string, NetworkEntries> {
  const text = readText(path);
  if (text === null) return new Map();
  const { networks } = parseEntries(text, path);
  return new Map(
    Object.entries(networks).map(([name, { routes, neighbours, fdb }]) => [
      name,
      {
        routes: new Map(routes.map((route) => [route.prefix, route])),
        neighbours: new Map(neighbours.map((one) => [neighbourKey(one), one])),
        fdb: new Map(fdb.map((one) => [fdbKey(one), one])),
      },
    ]),
  );
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw damaged(path, message);
  }
}

function parseEntries(text: string, path: string) {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw damaged(path, (error as Error).message);
  }
  const parsed = entriesSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw damaged(path, `${issue?.path.join(".") || "the content"}: ${issue?.message}`);
}

function damaged(path: string, reason: string): Error {
  const remedy =
    "restore the file from a backup, or move it away to start without the routes, neighbours and" +
    " FDB entries that were made by the API";
  return new Error(`${path} cannot be used: ${reason}; ${remedy}`);
}
