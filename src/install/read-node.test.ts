import { expect, test } from "vitest";
import { answeringApi } from "../kube/api-fixture.ts";
import { readNode } from "./read-node.ts";

test("of a Node its prefixes and annotations are read, in the words of any version of the API", async () => {
  let spec: unknown = { podCIDRs: ["10.244.3.0/24", "fd00:3::/64"], podCIDR: "10.244.3.0/24" };
  const metadata = { name: "node3", annotations: { "millrace.io/blue": "10.1.3.0/24" } };
  const { kubeconfig } = await answeringApi((_request, response) => {
    const body = JSON.stringify({ kind: "Node", metadata, spec });
    response.writeHead(200, { "content-type": "application/json" }).end(body);
  });
  const { annotations } = metadata;
  const podCidrs = ["10.244.3.0/24", "fd00:3::/64"];
  expect(await readNode("node3", kubeconfig)).toEqual({ podCidrs, annotations });
  spec = { podCIDR: "10.244.3.0/24" };
  expect(await readNode("node3", kubeconfig)).toEqual({
    podCidrs: podCidrs.slice(0, 1),
    annotations,
  });
});

test("what the API says to a request that it refuses is passed on", async () => {
  const { kubeconfig } = await answeringApi((_request, response) => {
    const status = { kind: "Status", message: 'nodes "node3" is forbidden' };
    response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(status));
  });
  await expect(readNode("node3", kubeconfig)).rejects.toThrow(
    'the Kubernetes API does not show the Node node3: HTTP 403: nodes "node3" is forbidden',
  );
});
