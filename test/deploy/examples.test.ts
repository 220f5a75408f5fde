import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { parseNetConf } from "../../cni/netconf.ts";
import { parseVfNetConf } from "../../sriov/vf/netconf.ts";
import { type Any, deployed, manifestFiles } from "../fixtures/deploy.ts";

const VALUES = parse(readFileSync("deploy/values/examples.yaml", "utf8"));
const DEVICE = "0000:01:00.1";
const definitions = manifestFiles()
  .flatMap(deployed)
  .filter(({ kind }) => kind === "NetworkAttachmentDefinition");

it("there is an example for each mode", () => {
  const modes = definitions.map(({ spec }) => JSON.parse(spec.config).mode ?? "fastpath");
  expect(new Set(modes)).toEqual(new Set(["fastpath", "vf"]));
});

for (const { metadata, spec } of definitions) {
  it(`the agent accepts the definition ${metadata.name}`, () => {
    const config = JSON.parse(spec.config);
    expect(config.type).toBe("millrace");
    if (config.mode === "vf") {
      expect(parseVfNetConf({ ...config, deviceID: DEVICE }).device).toBe(DEVICE);
      expectResource(metadata.annotations["k8s.v1.cni.cncf.io/resourceName"]);
    } else {
      const { network, name } = parseNetConf(config);
      expect(VALUES.config.networks.map((one: Any) => one.name)).toContain(network ?? name);
    }
  });
}

it("each pod of the examples asks for definitions that are there", () => {
  const known = definitions.map(({ metadata }) => metadata.name);
  const pods = manifestFiles()
    .flatMap(deployed)
    .filter(({ kind }) => kind === "Pod");
  expect(pods.length).toBeGreaterThan(4);
  for (const { metadata } of pods) {
    const wishes = metadata.annotations["k8s.v1.cni.cncf.io/networks"].split(/, */);
    for (const wish of wishes) expect(known).toContain(wish.split("@")[0]);
  }
});

function expectResource(resource: string): void {
  const [prefix, name] = resource.split("/");
  const pools = VALUES.config.sriov.pools.map((pool: Any) => pool.name);
  expect(prefix).toBe("millrace.io");
  expect(pools).toContain(name);
}
