import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type FakeHost, fakeHost } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { Forwarding } from "./forwarding.ts";
import type { RouteFilter } from "./forwarding-view.ts";

export const ALL: RouteFilter = {
  network: "",
  family: 0,
  within: "",
  match: "",
  source: "",
  limit: 1000,
};
export const MAC = "02:00:00:00:00:99";

/** The tables of an agent on a node whose ports are there, and its directory. */
export class TableBench {
  readonly dir = mkdtempSync(join(tmpdir(), "mr-forwarding-"));
  host: FakeHost = fakeHost();
  tables = this.#open();

  /** The agent ends, and another one finds this node. */
  restart(host = fakeHost()): void {
    this.host = host;
    this.tables = this.#open();
  }

  /** Prefixes of the routes of blue on the disk. */
  stored(): string[] {
    return [...EntryStore.open(this.dir).network("blue").routes.keys()];
  }

  /** Those in the table that an entry has made. */
  present(): string[] {
    const routes = this.host.native.routes.get(0) ?? [];
    return routes.filter(({ source }) => source === "static").map(({ prefix }) => prefix);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  #open(): Forwarding {
    return new Forwarding(this.host, EntryStore.open(this.dir), pino({ level: "silent" }));
  }
}
