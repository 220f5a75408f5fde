import { type CniResult, convertResult } from "../../cni/result.ts";
import type { MicroCase } from "./case.ts";

const result: CniResult = {
  interfaces: [
    { name: "mr0a1b2c3d4e5f", mac: "02:00:00:00:00:01", mtu: 1500 },
    { name: "eth0", mac: "02:00:00:00:01:02", mtu: 1500, sandbox: "/run/netns/cni-0a1b2c3d" },
  ],
  ips: [
    { address: "10.1.0.2/32", gateway: "10.1.0.1", interface: 1 },
    { address: "fd00:1::2/128", gateway: "fd00:1::1", interface: 1 },
  ],
  routes: [{ dst: "10.1.0.0/24", gw: "10.1.0.1" }, { dst: "fd00:1::/64" }],
  dns: {},
};

export const resultConvert: MicroCase = {
  name: "micro-result-convert",
  what: "a CNI result converted to version 0.4.0 and written as JSON",
  prepare: () => () => JSON.stringify(convertResult(result, "0.4.0")),
};
