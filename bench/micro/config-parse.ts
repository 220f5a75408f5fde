import { parseConfig } from "../../src/config/load.ts";
import type { MicroCase } from "./case.ts";

const networks = 10;

const text = [
  "log: {level: warn}",
  "dataplane: {cpus: [1]}",
  "networks:",
  ...Array.from({ length: networks }, (_, n) =>
    [
      `  - name: tenant-${n}`,
      `    nodePrefixes: ["10.${n}.0.0/24", "fd00:${n + 1}::/64"]`,
      "    mtu: 1450",
      `    staticRoutes: [{prefix: "172.16.${n}.0/24", via: "10.${n}.0.9"}]`,
    ].join("\n"),
  ),
].join("\n");

export const configParse: MicroCase = {
  name: "micro-config-parse",
  what: `a configuration of ${networks} networks from YAML text to checked object`,
  prepare: () => () => parseConfig(text, "bench.yaml", { cpus: [0, 1] }),
};
