import { linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeView, fakeView } from "../../test/harness/fake-view.ts";
import { Forwarding } from "../agent/forwarding.ts";
import { fakeHost } from "../dataplane/forwarding-fixture.ts";
import { EntryStore } from "../store/entries.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createClient } from "./client.ts";
import { json } from "./http.ts";
import { type ApiServer, BODY_LIMIT, openApi, openMetrics } from "./server.ts";

const log = pino({ level: "silent" });
let dir: string;
let socket: string;
let api: ApiServer | null;
let view: FakeView;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "millrace-api-"));
  socket = join(dir, "run/agent.sock");
  api = null;
  view = fakeView();
});

afterEach(async () => {
  await api?.close();
  rmSync(dir, { recursive: true, force: true });
});

async function start(): Promise<ApiServer> {
  api = await openApi({ socket, log });
  api.serve({
    view,
    forwarding: tables(),
    metrics: createMetrics(view),
    cni: async (body) => json({ echoed: body.length }),
  });
  return api;
}

const tables = () => new Forwarding(fakeHost(), EntryStore.open(dir), log);

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

function call(method: string, path: string, body = ""): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, method, path }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

describe("the socket of the API", () => {
  it("is made with its directory and is for its owner only", async () => {
    await start();
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  it("is gone after a clean stop", async () => {
    const server = await start();
    await server.close();
    expect(() => statSync(socket)).toThrow("ENOENT");
  });

  it("replaces the socket of an agent that is dead", async () => {
    const stale = join(dir, "stale.sock");
    await leaveStaleSocket(stale);
    const server = await openApi({ socket: stale, log });
    await expect(createClient(stale).status()).rejects.toThrow("the agent is starting");
    await server.close();
  });

  it("is refused in words while another agent listens on it", async () => {
    await start();
    await expect(openApi({ socket, log })).rejects.toThrow(/already listens on .*: stop it, or/);
    expect((await createClient(socket).status()).pid).toBe(42);
  });

  it("is refused in words when the path holds something else, which stays", async () => {
    await start();
    const file = join(dir, "precious");
    writeFileSync(file, "data");
    await expect(openApi({ socket: file, log })).rejects.toThrow("is no socket");
    expect(statSync(file).size).toBe(4);
  });
});

describe("the API", () => {
  it("shows every part of the agent's view as JSON", async () => {
    await start();
    const client = createClient(socket);
    expect(await client.status()).toEqual(view.status());
    expect(await client.ports()).toEqual(view.ports());
    expect(await client.networks()).toEqual(view.networks());
    expect(await client.attachments()).toEqual(view.attachments());
    expect(await client.counters()).toEqual(view.counters());
    expect(await client.metrics()).toContain("millrace_port_rx_packets_total{");
  });

  it("hands the body of POST /cni on and answers what the handler says", async () => {
    await start();
    expect(await call("POST", "/cni", "12345")).toMatchObject({
      status: 200,
      body: '{"echoed":5}\n',
    });
  });

  it("is alive before it is ready, and asks CNI callers to try again until then", async () => {
    api = await openApi({ socket, log });
    expect(await call("GET", "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
    expect((await call("GET", "/readyz")).status).toBe(503);
    const cni = await call("POST", "/cni", "{}");
    expect(cni.status).toBe(503);
    expect(JSON.parse(cni.body)).toMatchObject({ cniVersion: "1.1.0", code: 11 });
  });

  it("is not ready while the agent has a problem, and names it", async () => {
    await start();
    expect((await call("GET", "/readyz")).status).toBe(200);
    view.data.status.problems = ["journal: no space left"];
    const { status, body } = await call("GET", "/readyz");
    expect(status).toBe(503);
    expect(body).toContain("no space left");
  });

  it("answers an unknown path with those that exist", async () => {
    await start();
    const { status, body } = await call("GET", "/v2/status");
    expect(status).toBe(404);
    expect(JSON.parse(body).error).toContain("/v1/status");
    expect((await call("GET", "/constructor")).status).toBe(404);
  });

  it("answers a wrong method with the right one", async () => {
    await start();
    const { status, headers } = await call("GET", "/cni");
    expect(status).toBe(405);
    expect(headers["allow"]).toBe("POST");
  });

  it("refuses a query that says two things", async () => {
    await start();
    const { status, body } = await call("GET", "/v1/routes?family=4&family=6");
    expect(status).toBe(400);
    expect(JSON.parse(body).error).toBe("family is given twice; accepted: each key once");
  });

  it("refuses a body that is no JSON", async () => {
    await start();
    const { status, body } = await call("POST", "/v1/routes", "{");
    expect(status).toBe(400);
    expect(JSON.parse(body).error).toMatch(/^the body is no JSON .*; accepted: an object$/);
    const list = await call("POST", "/v1/routes", "[]");
    expect(JSON.parse(list.body).error).toBe("the body = []: accepted: the keys network, changes");
  });

  it("names every method of a path that has several", async () => {
    await start();
    const { status, headers } = await call("DELETE", "/v1/routes");
    expect(status).toBe(405);
    expect(headers["allow"]).toBe("GET, POST");
  });

  it("refuses a CNI body over the limit with a CNI error and takes one at the limit", async () => {
    await start();
    expect((await call("POST", "/cni", "x".repeat(BODY_LIMIT))).status).toBe(200);
    const { status, body } = await call("POST", "/cni", "x".repeat(BODY_LIMIT + 1));
    expect(status).toBe(413);
    expect(JSON.parse(body)).toMatchObject({ code: 7, msg: expect.stringContaining("1048576") });
  });

  it("refuses a body over the limit whose length was not announced", async () => {
    await start();
    const head = "POST /cni HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    const reply = await raw(head + chunk.repeat(17));
    expect(reply).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("outlives a view that throws and says why", async () => {
    await start();
    view.ports = () => {
      throw new Error("no ports today");
    };
    const { status, body } = await call("GET", "/v1/ports");
    expect(status).toBe(500);
    expect(JSON.parse(body).error).toBe("no ports today");
    expect((await call("GET", "/healthz")).status).toBe(200);
  });

  it("waits for a call under way before it closes", async () => {
    let finish = () => {};
    api = await openApi({ socket, log });
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const cni = () => slow.then(() => json({ done: true }));
    api.serve({ view, forwarding: tables(), metrics: createMetrics(view), cni });
    const reply = call("POST", "/cni", "{}");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = api.close();
    finish();
    expect(JSON.parse((await reply).body)).toEqual({ done: true });
    await closed;
  });
});

describe("the client", () => {
  it("says how to start an agent when none listens", async () => {
    await expect(createClient(socket).status()).rejects.toThrow(
      /no agent listens on .*: start it with "millrace agent --config FILE"/,
    );
  });

  it("says that nobody listens when the path is an ordinary file", async () => {
    const file = join(dir, "file");
    writeFileSync(file, "");
    await expect(createClient(file).status()).rejects.toThrow("no agent listens");
  });

  it("passes on the refusal of an agent that is starting", async () => {
    api = await openApi({ socket, log });
    await expect(createClient(socket).status()).rejects.toMatchObject({
      status: 503,
      message: "the agent refused: the agent is starting; try again in a moment",
    });
  });
});

describe("the metrics listener", () => {
  it("serves /metrics on the loopback and nothing else", async () => {
    const close = await openMetrics("127.0.0.1:19731", createMetrics(view));
    const metrics = await fetch("http://127.0.0.1:19731/metrics");
    expect(metrics.headers.get("content-type")).toContain("version=0.0.4");
    expect(await metrics.text()).toContain("millrace_ready 1");
    expect((await fetch("http://127.0.0.1:19731/v1/status")).status).toBe(404);
    await close();
  });

  it("says in words that its port is taken", async () => {
    const metrics = createMetrics(view);
    const close = await openMetrics("127.0.0.1:19732", metrics);
    await expect(openMetrics("127.0.0.1:19732", metrics)).rejects.toThrow(
      "cannot listen on 127.0.0.1 port 19732: another process has it",
    );
    await close();
  });
});

/** A socket that nobody listens on, as a killed agent leaves it. */
async function leaveStaleSocket(path: string): Promise<void> {
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(`${path}.first`, resolve));
  // close() unlinks the one name it knows.
  linkSync(`${path}.first`, path);
  await new Promise((resolve) => dead.close(resolve));
}

/** Sends bytes as they are and resolves to everything that comes back. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const connection = createConnection(socket, () => connection.write(bytes));
    let text = "";
    connection.on("data", (chunk) => {
      text += chunk;
    });
    connection.on("error", () => {}); // cut off while still sending
    connection.on("close", () => resolve(text));
  });
}
