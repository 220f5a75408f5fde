import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { handleCni } from "../server.ts";
import { NETNS, RecordingAttacher } from "../test-call.ts";
import { ADD_ENV, CONFIG, NOT_BUILT, readJson, runShim, Sockets, shimIsBuilt } from "./run-shim.ts";

let sockets: Sockets;
beforeEach((context) => {
  context.skip(!shimIsBuilt, NOT_BUILT);
  sockets = new Sockets();
});
afterEach(() => sockets?.dispose());

type Call = Awaited<ReturnType<typeof readJson>>;

/** An agent that keeps what it was sent and answers `body` with `status`. */
async function agent(calls: Call[], status = 200, body = "{}") {
  return await sockets.http(async (request, response) => {
    calls.push(await readJson(request));
    response.writeHead(status).end(body);
  });
}

describe("the CNI executable forwards", () => {
  it("a call as one POST /cni with environment and configuration", async () => {
    const seen: unknown[] = [];
    const socket = await sockets.http(async (request, response) => {
      const { method, url, headers } = request;
      seen.push(method, url, headers["content-type"], await readJson(request));
      response.end('{"cniVersion":"1.0.0"}\n');
    });
    const extra = { CNI_ARGS: "A=b;C=d", CNI_NETNS_OVERRIDE: "1", TRACEPARENT: "00-01-02-00" };
    const env = { ...ADD_ENV, ...extra };
    const secret = { MILLRACE_SOCKET: socket, HOME: "/root", AWS_SECRET: "x" };
    const run = await runShim({ ...env, ...secret });
    expect(run).toMatchObject({ code: 0, stdout: '{"cniVersion":"1.0.0"}\n' });
    expect(seen).toEqual(["POST", "/cni", "application/json", { env, config: CONFIG }]);
  });

  it.each([
    "ADD",
    "DEL",
    "CHECK",
    "GC",
    "STATUS",
  ])("%s, and prints nothing for an empty answer", async (verb) => {
    const calls: Call[] = [];
    const socket = await agent(calls, 200, "");
    const run = await runShim({ ...ADD_ENV, CNI_COMMAND: verb, MILLRACE_SOCKET: socket });
    expect(run).toMatchObject({ code: 0, stdout: "" });
    expect(calls[0]?.env["CNI_COMMAND"]).toBe(verb);
  });

  it.each([
    [200, 0],
    [204, 0],
    [299, 0],
    [300, 1],
    [400, 1],
    [503, 1],
  ])("the HTTP status %i as the exit status %i", async (status, code) => {
    const body = status === 204 ? "" : '{"code":7,"msg":"words"}';
    const socket = await agent([], status, body);
    expect(await runShim({ ...ADD_ENV, MILLRACE_SOCKET: socket })).toMatchObject({
      code,
      stdout: body,
    });
  });

  it("ADD to the verbs of the agent, and prints their result", async () => {
    const socket = await sockets.http(async (request, response) => {
      const call = JSON.stringify(await readJson(request));
      const { status, body } = await handleCni(call, new RecordingAttacher());
      response.writeHead(status).end(body);
    });
    const own = { CNI_NETNS: NETNS, CNI_NETNS_OVERRIDE: "1" };
    const run = await runShim({ ...ADD_ENV, ...own, MILLRACE_SOCKET: socket });
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ cniVersion: "1.0.0", ips: [{}, {}] });
  });

  it("an answer that comes in chunks and in single bytes", async () => {
    const chunks =
      'HTTP/1.1 200 OK\r\ntransfer-Encoding: Chunked\r\n\r\n4;x=y\r\n{"a"\r\n3\r\n:1}\r\n0\r\nX: y\r\n\r\n';
    const socket = await sockets.raw(async (connection) => {
      for (const byte of chunks) {
        connection.write(byte);
        await new Promise((resume) => setImmediate(resume));
      }
    });
    // The connection stays open: the shim must know by itself that the answer is complete.
    const run = await runShim({ ...ADD_ENV, MILLRACE_SOCKET: socket, MILLRACE_TIMEOUT_MS: "5000" });
    expect(run).toMatchObject({ code: 0, stdout: '{"a":1}' });
  });

  it("an answer without a length that ends with the connection", async () => {
    const socket = await sockets.raw((connection) => {
      connection.end('HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n{"code":999}');
    });
    const run = await runShim({ ...ADD_ENV, MILLRACE_SOCKET: socket });
    expect(run).toMatchObject({ code: 1, stdout: '{"code":999}' });
  });

  it("the answer of an agent that refuses before it has read everything", async () => {
    const socket = await sockets.raw((connection) => {
      connection.once("data", () => {
        connection.write('HTTP/1.1 413 Too Large\r\nContent-Length: 12\r\n\r\n{"code":7  }');
        connection.destroySoon();
      });
    });
    const config = JSON.stringify({ cniVersion: "1.0.0", filler: "x".repeat(900_000) });
    const run = await runShim({ ...ADD_ENV, MILLRACE_SOCKET: socket }, config);
    expect(run).toMatchObject({ code: 1, stdout: '{"code":7  }' });
  });

  it("a configuration of a megabyte unchanged", async () => {
    const calls: Call[] = [];
    const socket = await agent(calls);
    const config = JSON.stringify({ filler: '"\\\n\u0001é€𝄞'.repeat(49_000) });
    expect(Buffer.byteLength(config)).toBeLessThanOrEqual(1024 * 1024);
    expect((await runShim({ ...ADD_ENV, MILLRACE_SOCKET: socket }, config)).code).toBe(0);
    expect(calls[0]?.config).toBe(config);
  });

  it("bytes that are not UTF-8 as valid JSON, and all others as they are", async () => {
    const calls: Call[] = [];
    const socket = await agent(calls);
    const pieces = utf8Cases();
    const config = Buffer.concat(pieces.flatMap((piece) => [piece, Buffer.from("|")]));
    expect((await runShim({ ...ADD_ENV, MILLRACE_SOCKET: socket }, config)).code).toBe(0);
    const received = calls[0]?.config.split("|") ?? [];
    expect(received).toHaveLength(pieces.length + 1);
    pieces.forEach((piece, i) => {
      const text = decodeStrictly(piece);
      if (text === null) expect(received[i], piece.toString("hex")).toContain("\ufffd");
      else expect(received[i]).toBe(text);
    });
  });
});

/** Every single byte and pair of interest, the edges of Unicode table 3-7, and random bytes. */
function utf8Cases(): Buffer[] {
  const edges = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
  ];
  edges.push(0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff);
  const cases = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]));
  for (const first of edges) {
    for (const second of edges) {
      cases.push(Buffer.from([first, second]), Buffer.from([first, second, 0x80]));
      cases.push(Buffer.from([first, second, 0xbf, 0x80]));
    }
  }
  // A fixed generator, so that a failure can be seen again.
  let state = 1;
  const random = () => {
    state = (state * 48271) % 0x7fffffff;
    return state & 0xff;
  };
  for (let i = 0; i < 2000; i++) cases.push(Buffer.from(Array.from({ length: 6 }, random)));
  return cases.filter((piece) => !piece.includes("|"));
}

function decodeStrictly(piece: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(piece);
  } catch {
    return null;
  }
}
