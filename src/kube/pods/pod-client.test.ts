import type { RequestListener } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { answeringApi } from "../api-fixture.ts";
import { PodClient } from "./pod-client.ts";

// test/netns/pod-annotations.test.ts has a real API server.

const POD = { namespace: "shop", name: "web", uid: "" };

async function connect(answer: RequestListener) {
  const { kubeconfig, writeToken } = await answeringApi(answer);
  const client = new PodClient(kubeconfig);
  onTestFinished(() => client.close());
  return { annotate: () => client.annotate(POD, { a: "b" }), writeToken };
}

test("pods are annotated with the new token when the old one is not believed any more", async () => {
  const asked: string[] = [];
  const { annotate, writeToken } = await connect(({ method, url, headers }, response) => {
    asked.push(`${headers.authorization} ${method} ${url}`);
    const status = headers.authorization === "Bearer second" ? 200 : 401;
    response.writeHead(status, { "content-type": "application/json" }).end("{}");
  });
  await expect(annotate()).rejects.toThrow("401");
  writeToken("second");
  await annotate();
  await annotate();
  const call = "PATCH /api/v1/namespaces/shop/pods/web/status";
  const [first, second] = [`Bearer first ${call}`, `Bearer second ${call}`];
  expect(asked).toEqual([first, first, first, second, second]);
});

test("an API that closes its connection is asked once more", async () => {
  let calls = 0;
  const { annotate } = await connect(({ socket }, response) => {
    calls++;
    if (calls === 1) socket.destroy();
    else response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await annotate();
  expect(calls).toBe(2);
});

test("a refusal is no reason to ask again", async () => {
  let calls = 0;
  const { annotate } = await connect((_request, response) => {
    calls++;
    response.writeHead(403, { "content-type": "application/json" }).end('{"message":"no"}');
  });
  await expect(annotate()).rejects.toMatchObject({ code: 403 });
  expect(calls).toBe(1);
});
