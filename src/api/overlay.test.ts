import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { Forwarding } from "../agent/forwarding.ts";
import { fakeHost } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { type Bench, bench, cleanUp, macOf, newDir, node, vtepOf } from "../vxlan/fixture.ts";
import type { OverlayApi } from "../vxlan/view.ts";
import { type AgentClient, createClient } from "./client.ts";
import { json } from "./http.ts";
import { type ApiServer, openApi } from "./server.ts";

const log = pino({ level: "silent" });

let api: ApiServer;
let all: Bench;
let client: AgentClient;

function serve(more: { overlay?: OverlayApi }): void {
  const view = fakeView();
  const forwarding = new Forwarding(fakeHost(), EntryStore.open(newDir()), log);
  const cni = async () => json({});
  api.serve({ view, forwarding, metrics: createMetrics(view), cni, ...more });
}

beforeEach(async () => {
  const socket = join(newDir(), "agent.sock");
  api = await openApi({ socket, log });
  all = await bench();
  client = createClient(socket);
});

afterEach(async () => {
  await api.close();
  await cleanUp();
});

describe("/v1/vteps, /v1/vnis and /v1/fabric", () => {
  it("answer with what is followed at the moment", async () => {
    serve({ overlay: all.overlay.view });
    await all.tell(node(1), node(2, { vteps: node(1).vteps }));
    const [vtep] = await client.vteps();
    expect(vtep).toMatchObject({
      name: "main",
      peers: [{ address: vtepOf(1), node: "n1", pathMtu: 1500, path: "unknown" }],
    });
    expect((await client.vnis()).map(({ vni }) => vni)).toEqual([100, 200]);
    const fabric = await client.fabric();
    expect(fabric).toEqual(all.overlay.view.fabric());
    expect(fabric).toMatchObject({
      node: "me",
      nodes: [{ name: "n1" }, { name: "n2" }],
      rejected: [{ entry: "n2" }],
      conflicts: [{ kind: "vtep", winner: "n1", losers: ["n2"] }],
    });
    await all.gone("n1");
    expect((await client.vteps())[0]?.peers).toMatchObject([{ node: "n2" }]);
    expect(all.tables.entries("fdb lan")).toEqual({ [macOf(2, 1)]: vtepOf(1) });
  });

  it("are empty for an agent without VTEPs", async () => {
    serve({});
    expect(await client.vteps()).toEqual([]);
    expect(await client.vnis()).toEqual([]);
    expect(await client.fabric()).toMatchObject({ driver: "none", nodes: [] });
  });
});
