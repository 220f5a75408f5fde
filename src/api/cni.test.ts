import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Attacher } from "../../cni/attacher.ts";
import { CNI_ERROR, CniError } from "../../cni/errors.ts";
import { fakeCounters, fakeView } from "../../test/harness/fake-view.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { cniErrorAnswer, cniHandler, startingAnswer } from "./cni.ts";
import { HttpError } from "./http.ts";

const notNow = async () => {
  throw new CniError(CNI_ERROR.tryAgainLater, "not now");
};

const nothing: Attacher = {
  attach: notNow,
  attachVf: notNow,
  detach: async () => {},
  check: async () => [],
  collect: async () => {},
  status: async () => ({ ready: true, degraded: false, reason: "" }),
};

function body(verb: string, extra: Record<string, string> = {}): string {
  const env = {
    CNI_COMMAND: verb,
    CNI_CONTAINERID: "c1",
    CNI_IFNAME: "eth0",
    CNI_PATH: "/opt/cni/bin",
    ...extra,
  };
  return JSON.stringify({ env, config: '{"cniVersion":"1.1.0","name":"blue","type":"millrace"}' });
}

function setUp(attacher: Attacher = nothing) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const view = fakeView();
  const metrics = createMetrics(view);
  return { view, metrics, lines, handle: cniHandler(attacher, metrics, log) };
}

describe("cniHandler", () => {
  it("answers with what the CNI side says, logs the call and counts it", async () => {
    const { handle, metrics, lines } = setUp();
    expect((await handle(body("DEL"))).status).toBe(200);
    expect(lines[0]).toMatchObject({ msg: "CNI call", verb: "DEL", containerId: "c1" });
    expect(await metrics.scrape()).toContain('millrace_cni_calls_total{verb="DEL",code="0"} 1');
  });

  it("logs and counts a refusal with its code", async () => {
    const { handle, metrics, lines } = setUp();
    const answer = await handle(body("ADD", { CNI_NETNS: "/proc/self/ns/net/none" }));
    const { code } = JSON.parse(answer.body);
    expect(code).toBeGreaterThan(0);
    expect(lines.at(-1)).toMatchObject({ msg: "CNI call refused", verb: "ADD", code });
    expect(await metrics.scrape()).toContain(`calls_total{verb="ADD",code="${code}"} 1`);
  });

  it("does not let a caller invent label values", async () => {
    const { handle, metrics } = setUp();
    await handle(body('x"} 1'));
    await handle("no JSON");
    await handle("null");
    expect(await metrics.scrape()).toContain('millrace_cni_calls_total{verb="unknown",code="');
  });

  it("takes over the drops of a port before DEL removes it", async () => {
    const { handle, metrics, view } = setUp({
      ...nothing,
      detach: async () => {
        view.data.counters.ports = [];
      },
    });
    view.data.counters.ports = [{ ...fakeCounters(), drops: { "no-route": 9 } }];
    await handle(body("DEL"));
    const text = await metrics.scrape();
    expect(text).toContain('millrace_drops_total{reason="no-route",network="blue"} 9');
  });

  it("logs the stack of what nobody foresaw and answers code 999", async () => {
    const { handle, lines } = setUp({
      ...nothing,
      detach: async () => {
        throw new TypeError("undefined is not a function");
      },
    });
    const answer = await handle(body("DEL"));
    expect(JSON.parse(answer.body).code).toBe(CNI_ERROR.internal);
    expect(lines[0]).toMatchObject({ level: 50, err: { type: "TypeError" } });
  });
});

describe("cniErrorAnswer", () => {
  it("calls too large a body a configuration that is invalid", () => {
    const answer = cniErrorAnswer(new HttpError(413, "too large"));
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toEqual({ cniVersion: "1.1.0", code: 7, msg: "too large" });
  });

  it("calls everything unforeseen an internal error", () => {
    expect(JSON.parse(cniErrorAnswer(new Error("oh")).body).code).toBe(999);
  });
});

describe("startingAnswer", () => {
  it.each([
    ["ADD", 11],
    ["DEL", 11],
    ["CHECK", 11],
    ["GC", 11],
    ["STATUS", 50],
  ])("answers %s with code %i in the version of the call", (verb, code) => {
    const config = '{"cniVersion":"0.4.0","name":"blue"}';
    const answer = startingAnswer(JSON.stringify({ env: { CNI_COMMAND: verb }, config }));
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ cniVersion: "0.4.0", code });
    expect(answer.headers).toEqual({ "millrace-agent": "starting" });
  });

  it.each(["", "null", "[]", '{"env":7}'])("answers %j, which is no call, too", (text) => {
    expect(JSON.parse(startingAnswer(text).body)).toMatchObject({ cniVersion: "1.1.0", code: 11 });
  });
});
