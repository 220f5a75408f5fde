import type { RequestListener } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { answeringApi } from "../api-fixture.ts";
import { ClusterApi } from "./cluster-api.ts";

// test/netns/webhook*.test.ts has a real API server.

async function connect(answer: RequestListener) {
  const { kubeconfig, writeToken } = await answeringApi(answer);
  const api = new ClusterApi(kubeconfig);
  onTestFinished(() => api.close());
  return { api, writeToken };
}

const FAST = { namespace: "shop", name: "fast" };
const soon = () => AbortSignal.timeout(5000);

test("a token that was renewed is used when the old one is not believed any more", async () => {
  const asked: string[] = [];
  const { api, writeToken } = await connect(({ url, headers }, response) => {
    asked.push(`${headers.authorization} ${url}`);
    const status = headers.authorization === "Bearer second" ? 200 : 401;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ metadata: { annotations: { a: "b" } }, message: "who are you" }));
  });
  await expect(api.definition(FAST, soon())).rejects.toThrow("401");
  writeToken("second");
  expect(await api.definition(FAST, soon())).toEqual({ annotations: { a: "b" } });
  expect(await api.definition(FAST, soon())).toEqual({ annotations: { a: "b" } });
  const path = "/apis/k8s.cni.cncf.io/v1/namespaces/shop/network-attachment-definitions/fast";
  const [first, second] = [`Bearer first ${path}`, `Bearer second ${path}`];
  expect(asked).toEqual([first, first, first, second, second]);
});

test("an API that closes its connection is asked once more", async () => {
  let calls = 0;
  const { api } = await connect(({ socket }, response) => {
    calls++;
    if (calls === 1) socket.destroy();
    else response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  expect(await api.definition(FAST, soon())).toEqual({ annotations: {} });
  expect(calls).toBe(2);
});

test("an API that is silent is given up when the time is over", async () => {
  let calls = 0;
  const { api } = await connect(() => calls++);
  const started = performance.now();
  const asking = api.definition(FAST, AbortSignal.timeout(300));
  await expect(asking).rejects.toThrow("the Kubernetes API does not answer");
  expect(performance.now() - started).toBeLessThan(3000);
  expect(calls).toBe(1);
});

test("a definition that is not there is told from an API without definitions", async () => {
  let body = JSON.stringify({ kind: "Status", reason: "NotFound", details: { name: "fast" } });
  const { api } = await connect((_request, response) => {
    response.writeHead(404, { "content-type": "application/json" }).end(body);
  });
  expect(await api.definition(FAST, soon())).toBeNull();
  body = "404 page not found\n";
  await expect(api.definition(FAST, soon())).rejects.toThrow("is Multus installed?");
});

test("outside of a pod a kubeconfig is asked for", () => {
  const { KUBERNETES_SERVICE_HOST: host } = process.env;
  delete process.env["KUBERNETES_SERVICE_HOST"];
  onTestFinished(() => {
    if (host !== undefined) process.env["KUBERNETES_SERVICE_HOST"] = host;
  });
  expect(() => new ClusterApi(undefined)).toThrow("name a configuration with --kubeconfig");
  expect(() => new ClusterApi("/nowhere/config")).toThrow("ENOENT");
});
