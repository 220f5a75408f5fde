import { describe, expect, it } from "vitest";
import { CniError } from "./errors.ts";
import { handleCni } from "./server.ts";
import { callBody, RecordingAttacher, type TestCall } from "./test-call.ts";

async function answer(call: TestCall, attacher = new RecordingAttacher()) {
  const reply = await handleCni(JSON.stringify(callBody(call)), attacher);
  return { ...reply, json: reply.body === "" ? null : JSON.parse(reply.body) };
}

function failing(error: unknown): RecordingAttacher {
  const attacher = new RecordingAttacher();
  attacher.failure = error;
  return attacher;
}

describe("POST /cni", () => {
  it("answers ADD with a result", async () => {
    const { status, json } = await answer({});
    expect(status).toBe(200);
    expect(json.interfaces[1].name).toBe("eth0");
  });

  it("answers DEL with nothing, without network namespace or prevResult", async () => {
    const attacher = new RecordingAttacher();
    const call = { command: "DEL", env: { CNI_NETNS: undefined } };
    expect(await answer(call, attacher)).toMatchObject({ status: 200, body: "" });
    expect(attacher.calls).toEqual([["detach", "pod1", "eth0"]]);
  });

  it("collects by the name of the configuration, not by the Millrace network", async () => {
    const attacher = new RecordingAttacher();
    const list = [{ containerID: "pod1", ifname: "eth0" }];
    const config = { name: "nad1", network: "blue", "cni.dev/valid-attachments": list };
    expect(await answer({ command: "GC", config }, attacher)).toMatchObject({
      status: 200,
      body: "",
    });
    expect(attacher.calls).toEqual([
      ["collect", "nad1", [{ containerId: "pod1", ifname: "eth0" }]],
    ]);
  });

  it.each([
    [{ ready: true, degraded: false, reason: "" }, 200, null],
    [{ ready: true, degraded: true, reason: "" }, 200, null],
    [{ ready: false, degraded: false, reason: "no free address" }, 503, 50],
    [{ ready: false, degraded: true, reason: "worker 1 is dead" }, 503, 51],
  ])("answers STATUS for %j with HTTP %i", async (state, http, code) => {
    const attacher = new RecordingAttacher();
    attacher.state = state;
    const { status, json } = await answer(
      { command: "STATUS", config: { network: "red" } },
      attacher,
    );
    expect(attacher.calls).toEqual([["status", "red", ""]]);
    expect(status).toBe(http);
    expect(json?.code ?? null).toBe(code);
    if (code !== null) expect(json.details).toBe(state.reason);
  });

  it.each([
    ["{}", "1.1.0"],
    ['{"cniVersion":"0.4.0"}', "0.4.0"],
    ['{"cniVersion":"9.0.0"}', "1.1.0"],
  ])("answers VERSION for %s without name or attachment", async (config, version) => {
    const body = JSON.stringify({ env: { CNI_COMMAND: "VERSION" }, config });
    const reply = await handleCni(body, new RecordingAttacher());
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toEqual({
      cniVersion: version,
      supportedVersions: ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"],
    });
  });

  it("passes a CniError of the agent on, in the version of the request", async () => {
    const attacher = failing(new CniError(11, "the agent is starting", "try again"));
    const { status, json } = await answer({ config: { cniVersion: "0.4.0" } }, attacher);
    expect(status).toBe(503);
    expect(json).toEqual({
      cniVersion: "0.4.0",
      code: 11,
      msg: "the agent is starting",
      details: "try again",
    });
  });

  it.each([
    [new Error("disk full"), "disk full"],
    ["a string", '"a string"'],
    [Object.create(null), "{}"],
  ])("turns the unexpected %s into code 999 without a stack, and reports it", async (error, details) => {
    const seen: unknown[] = [];
    const body = JSON.stringify(callBody());
    const reply = await handleCni(body, failing(error), (unexpected) => seen.push(unexpected));
    expect(reply.status).toBe(500);
    expect(JSON.parse(reply.body)).toEqual({
      cniVersion: "1.1.0",
      code: 999,
      msg: "internal error in the millrace agent",
      details,
    });
    expect(seen).toEqual([error]);
  });

  it.each([
    ["not JSON", "{", 6, "1.1.0"],
    ["nothing", "", 6, "1.1.0"],
    ["a list", "[]", 6, "1.1.0"],
    ["a broken configuration", JSON.stringify(callBody({ config: "{" })), 6, "1.1.0"],
    ["an unknown verb", JSON.stringify(callBody({ command: "UPDATE" })), 4, "1.1.0"],
    [
      "a version of none",
      JSON.stringify(callBody({ config: { cniVersion: "0.2.1" } })),
      1,
      "0.2.1",
    ],
    ["a bad key", JSON.stringify(callBody({ config: { cniVersion: "1.0.0", x: 1 } })), 2, "1.0.0"],
  ])("answers %s with an error and asks the agent for nothing", async (_, body, code, version) => {
    const attacher = new RecordingAttacher();
    const reply = await handleCni(body, attacher);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({ code, cniVersion: version });
    expect(attacher.calls).toEqual([]);
  });
});
