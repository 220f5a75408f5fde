import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Node } from "../agent/fixture.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createClient } from "./client.ts";
import { cniHandler } from "./cni.ts";
import { ROUTES } from "./routes.ts";
import { type ApiServer, BODY_LIMIT, openApi } from "./server.ts";

// Requests that no client of ours would send, to an agent with a kernel of its own: one answer with
// one error comes for each, soon, and the agent goes on answering others.
const SOON_MS = 2000;
const log = pino({ level: "silent" });

let dir: string;
let socket: string;
let node: Node;
let api: ApiServer;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "millrace-api-"));
  socket = join(dir, "agent.sock");
  node = new Node();
  const { attacher, view, forwarding, overlay, vfs } = await node.start();
  const metrics = createMetrics(view);
  api = await openApi({ socket, log });
  api.serve({ view, forwarding, overlay, vfs, metrics, cni: cniHandler(attacher, metrics, log) });
});

afterEach(async () => {
  await api.close();
  await node.cleanUp();
  rmSync(dir, { recursive: true, force: true });
});

/** Sends bytes and ends its half of the connection. Resolves to all that came until the other end. */
function exchange(chunks: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const connection = createConnection(socket);
    const timer = setTimeout(() => {
      connection.destroy();
      reject(new Error(`no end within ${SOON_MS} ms; so far: ${answer}`));
    }, SOON_MS);
    connection.setEncoding("latin1").on("data", (text) => {
      answer += text;
    });
    // An answer may come before all is sent, and the connection be closed on the rest.
    connection.on("error", () => {});
    connection.on("close", () => {
      clearTimeout(timer);
      resolve(answer);
    });
    for (const chunk of chunks) connection.write(chunk);
    connection.end();
  });
}

interface Answered {
  status: number;
  body: string;
}

function parse(answer: string): Answered {
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]), body: rest.join("\r\n\r\n") };
}

function expectClear({ status, body }: Answered): void {
  expect(status).toBeGreaterThanOrEqual(200);
  if (status < 400) return;
  expect(status, body).not.toBe(500);
  const json = JSON.parse(body);
  expect(json.error ?? json.msg).not.toBe("");
}

const request = (method: string, path: string, body: string | Uint8Array) => [
  `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
  body,
];

const stillServes = async () => expect((await createClient(socket).status()).state).toBe("ready");

const method = fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS");
const printable = fc.string({ unit: fc.constantFrom(..."abz/09?&=%.:-_~[]{}\"'<>") });
const known = fc.constantFrom(...Object.keys(ROUTES));
const keys = fc.constantFrom(
  "network",
  "family",
  "prefix",
  "limit",
  "port",
  "mac",
  "changes",
  "vlan",
);
const queries = fc
  .array(fc.tuple(keys, fc.oneof(printable, fc.constantFrom("blue", "4", "-1", "10.1.0.0/24"))))
  .map(
    (pairs) => `?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&")}`,
  );
const path = fc.oneof(
  known,
  fc.tuple(known, queries).map((parts) => parts.join("")),
  printable.map((text) => `/${text}`),
);
const change = fc.record(
  {
    op: fc.constantFrom("add", "del", "replace", "other"),
    prefix: fc.constantFrom("10.9.0.0/16", "10.9.0.1/16", "::/0", "x"),
    type: fc.constantFrom("unicast", "blackhole", "leak"),
    via: fc.array(fc.record({ address: fc.constantFrom("10.1.0.9", "x"), port: fc.nat(9) })),
    leakTo: fc.constantFrom("red", "green", ""),
    address: fc.constantFrom("10.1.0.9", "fd00:1::9", "x"),
    mac: fc.constantFrom("02:00:00:00:00:09", "x"),
    port: fc.oneof(fc.nat(9), fc.constantFrom("pod1:eth0", "")),
  },
  { requiredKeys: ["op"] },
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json(),
  fc
    .record({ network: fc.constantFrom("blue", "red", "green"), changes: fc.array(change) })
    .map((value) => JSON.stringify(value)),
);

describe("the API of the agent answers every request", () => {
  it("of any method, path, query and body", async () => {
    await fc.assert(
      fc.asyncProperty(method, path, body, async (verb, where, content) => {
        const answer = parse(await exchange(request(verb, where, content)));
        // The answer to HEAD has no body by definition.
        if (verb === "HEAD") expect([404, 405]).toContain(answer.status);
        else expectClear(answer);
      }),
      { numRuns: 600 },
    );
    await stillServes();
  });

  it("or closes the connection on what is no HTTP", async () => {
    const garbage = fc.array(fc.oneof(fc.uint8Array(), fc.string(), fc.constant("\r\n\r\n")));
    await fc.assert(
      fc.asyncProperty(garbage, async (chunks) => {
        const answer = await exchange(chunks);
        if (answer !== "") expect(parse(answer).status).toBe(400);
      }),
      { numRuns: 200 },
    );
    await stillServes();
  });

  it("that ends anywhere, by closing the connection", async () => {
    const whole = Buffer.concat(
      request("POST", "/cni", JSON.stringify({ env: { CNI_COMMAND: "DEL" } })).map((part) =>
        Buffer.from(part),
      ),
    );
    for (let end = 0; end < whole.length; end++) {
      const answer = await exchange([whole.subarray(0, end)]);
      if (answer !== "") expect(parse(answer).status).toBe(400);
    }
    await stillServes();
  });

  it("that is larger than it may be with 413", async () => {
    for (const where of ["/cni", "/v1/status"]) {
      const large = parse(await exchange(request("POST", where, "x".repeat(BODY_LIMIT + 1))));
      expect(large.status).toBe(where === "/cni" ? 413 : 405);
      expectClear(large);
    }
    const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
    const head =
      "POST /cni HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    const endless = parse(await exchange([head, ...Array.from({ length: 20 }, () => chunk)]));
    expect(endless.status).toBe(413);
    await stillServes();
  });

  it("while fifty others have begun theirs and say no more", async () => {
    const idle = Array.from({ length: 50 }, (_, n) => {
      const connection = createConnection(socket).on("error", () => {});
      connection.write("POST /cni HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf".slice(0, 5 + n));
      return connection;
    });
    await stillServes();
    for (const connection of idle) connection.destroy();
    await stillServes();
  });
});
