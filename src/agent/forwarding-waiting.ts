import type { WaitingView } from "./forwarding-view.ts";

export type Table = "routes" | "neighbours" | "fdb";

export interface Waiting extends WaitingView {
  table: Table;
  /** Of the entry in the store. */
  key: string;
}

/** Entries of the store that the tables do not have, or not in full, each with the reason. */
export class WaitingList {
  readonly #all = new Map<string, Waiting>();

  set(table: Table, network: string, key: string, reason: string): void {
    const entry = key.replace(" ", table === "fdb" ? " VLAN " : " ");
    this.#all.set(idOf(table, network, key), { table, network, key, entry, reason });
  }

  delete(table: Table, network: string, key: string): void {
    this.#all.delete(idOf(table, network, key));
  }

  has(table: Table, network: string, key: string): boolean {
    return this.#all.has(idOf(table, network, key));
  }

  all(): Waiting[] {
    return [...this.#all.values()];
  }

  /** Keys by network. */
  of(table: Table): Map<string, string[]> {
    const keys = new Map<string, string[]>();
    for (const one of this.#all.values()) {
      if (one.table !== table) continue;
      const list = keys.get(one.network);
      if (list) list.push(one.key);
      else keys.set(one.network, [one.key]);
    }
    return keys;
  }

  /** @param network "" for all */
  view(table: Table, network: string): WaitingView[] {
    return this.all()
      .filter((one) => one.table === table && (network === "" || one.network === network))
      .map(({ network, entry, reason }) => ({ network, entry, reason }));
  }
}

const idOf = (table: Table, network: string, key: string) => `${table} ${network} ${key}`;
