import { connect } from "node:http2";
import { createConnection } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PluginNode } from "./fixture.ts";

let node: PluginNode;

beforeEach(() => {
  node = new PluginNode();
});

afterEach(() => node.close());

/** @returns the HTTP status of a gRPC call with this :authority, or the error of its stream */
async function callAs(authority: string, socket: string): Promise<number | string> {
  const session = connect("http://localhost", { createConnection: () => createConnection(socket) });
  const stream = session.request({
    ":method": "POST",
    ":path": "/v1beta1.DevicePlugin/GetDevicePluginOptions",
    ":authority": authority,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.end(Buffer.alloc(5));
  try {
    return await new Promise((resolve) => {
      stream.on("response", (headers) => resolve(headers[":status"] as number));
      stream.on("error", ({ message }) => resolve(message));
    });
  } finally {
    session.destroy();
  }
}

test("Kubelets since 1.26 are understood, and what older ones send is why they cannot be", async () => {
  const { socket } = (await node.openKnown()).status();
  expect(await callAs("localhost", socket)).toBe(200);
  expect(await callAs(encodeURIComponent(socket), socket)).toBe(200);
  expect(await callAs(socket, socket)).toContain("NGHTTP2_PROTOCOL_ERROR");
});
