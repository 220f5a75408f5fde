import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { CLI } from "../../test/harness/paths.ts";
import { run } from "../../test/harness/run.ts";
import { Forwarding } from "../agent/forwarding.ts";
import { json } from "../api/http.ts";
import { type ApiServer, openApi } from "../api/server.ts";
import { fakeHost } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { bench, cleanUp, newDir, node, vtepOf } from "../vxlan/fixture.ts";
import type { OverlayApi } from "../vxlan/view.ts";

/** Each command is a process of its own, and the machine may be busy. */
const SLOW = 60_000;

let socket: string;
let api: ApiServer;
let overlay: OverlayApi;

beforeAll(async () => {
  const log = pino({ level: "silent" });
  socket = join(newDir(), "agent.sock");
  api = await openApi({ socket, log });
  const all = await bench();
  await all.tell(node(1), node(2));
  overlay = all.overlay.view;
  const view = fakeView();
  const forwarding = new Forwarding(fakeHost(), EntryStore.open(newDir()), log);
  const metrics = createMetrics(view);
  api.serve({ view, forwarding, overlay, metrics, cni: async () => json({}) });
});

afterAll(async () => {
  await api.close();
  await cleanUp();
});

const ask = async (...args: string[]) => {
  const { exitCode, stdout } = await run(process.execPath, [CLI, ...args, "--socket", socket]);
  expect(exitCode).toBe(0);
  return stdout;
};

describe("millrace vtep, vni and fabric", { timeout: SLOW }, () => {
  it("print tables, with and without the word show", async () => {
    const vteps = await ask("vtep");
    expect(vteps).toMatch(new RegExp(`main +${vtepOf(1)} +n1 +1500`));
    expect(await ask("vtep", "show")).toBe(vteps);
    expect(await ask("vni")).toMatch(/lan +200 +bridged +main/);
    expect(await ask("fabric", "show")).toMatch(/^driver +fake\n/);
  });

  it("print JSON", async () => {
    expect(JSON.parse(await ask("vtep", "--json"))).toEqual(await overlay.vteps());
    expect(JSON.parse(await ask("vni", "show", "--json"))).toEqual(overlay.vnis());
    expect(JSON.parse(await ask("fabric", "--json"))).toEqual(overlay.fabric());
  });
});
