import type { ForwardingApi } from "../agent/forwarding-view.ts";
import {
  fdbBody,
  fdbQuery,
  moveBody,
  neighboursBody,
  neighboursQuery,
  routesBody,
  routesQuery,
  traceBody,
} from "./bodies.ts";
import { HttpError } from "./http.ts";
import { readJson, readQuery } from "./read.ts";

/** What a request about the forwarding tables is answered with, as JSON. */
export type TableRequest = (
  tables: ForwardingApi,
  body: string,
  query: URLSearchParams,
) => Promise<unknown>;

export const showRoutes: TableRequest = (tables, _, query) => {
  const { family, source, ...filter } = readQuery(routesQuery, query);
  return tables.routes({ ...filter, family: family ?? 0, source: source ?? "" });
};

export const changeRoutes: TableRequest = (tables, body) => {
  const { network, changes } = readJson(routesBody, body);
  return tables.changeRoutes(network, changes);
};

export const showNeighbours: TableRequest = (tables, _, query) => {
  const { unresolved, ...filter } = readQuery(neighboursQuery, query);
  return tables.neighbours({ ...filter, unresolved: unresolved === "true" });
};

export const changeNeighbours: TableRequest = (tables, body) => {
  const { network, changes } = readJson(neighboursBody, body);
  return tables.changeNeighbours(network, changes);
};

export const showFdb: TableRequest = (tables, _, query) => {
  const { vlan, ...filter } = readQuery(fdbQuery, query);
  return tables.fdb({ ...filter, vlan: vlan ?? null });
};

export const changeFdb: TableRequest = (tables, body) => {
  const { network, changes } = readJson(fdbBody, body);
  return tables.changeFdb(network, changes);
};

export const movePort: TableRequest = (tables, body) => {
  const { port, interface: ifname, queue, worker } = readJson(moveBody, body);
  if ((port === "") === (ifname === "")) {
    const what = port === "" ? "port is missing" : "port and interface are both given";
    throw new HttpError(400, `${what}; accepted: either of port and interface`);
  }
  return tables.movePort({ port: port || ifname, queue, worker });
};

export const showMirror: TableRequest = async (tables) => tables.mirror();

export const trace: TableRequest = (tables, body) => tables.trace(readJson(traceBody, body));
