import { describe, expect, it } from "vitest";
import { appendResult, type CniResult, convertResult, prevResultSchema } from "./result.ts";
import { atLeast, SUPPORTED_VERSIONS } from "./versions.ts";

const RESULT: CniResult = {
  interfaces: [
    { name: "mr0123456789", mac: "02:00:00:00:00:01", mtu: 1450 },
    {
      name: "eth0",
      mac: "02:00:00:00:00:02",
      mtu: 1450,
      sandbox: "/run/netns/pod1",
      socketPath: "/run/millrace/eth0.sock",
      pciID: "0000:01:02.2",
    },
  ],
  ips: [
    { address: "10.1.0.2/32", gateway: "10.1.0.1", interface: 1 },
    { address: "fd00:1::2/128", gateway: "fd00:1::1", interface: 1 },
  ],
  routes: [
    { dst: "0.0.0.0/0", gw: "10.1.0.1" },
    {
      dst: "10.9.0.0/16",
      gw: "10.1.0.1",
      mtu: 1400,
      advmss: 1360,
      priority: 10,
      table: 7,
      scope: 0,
    },
  ],
  dns: { nameservers: ["10.1.0.53"], search: ["blue.example"] },
};

const OLD_INTERFACES = [
  { name: "mr0123456789", mac: "02:00:00:00:00:01" },
  { name: "eth0", mac: "02:00:00:00:00:02", sandbox: "/run/netns/pod1" },
];
const OLD_ROUTES = [
  { dst: "0.0.0.0/0", gw: "10.1.0.1" },
  { dst: "10.9.0.0/16", gw: "10.1.0.1" },
];
const FAMILY_IPS = [
  { version: "4", address: "10.1.0.2/32", gateway: "10.1.0.1", interface: 1 },
  { version: "6", address: "fd00:1::2/128", gateway: "fd00:1::1", interface: 1 },
];

const BY_FAMILY = {
  ip4: { ip: "10.1.0.2/32", gateway: "10.1.0.1", routes: OLD_ROUTES },
  ip6: { ip: "fd00:1::2/128", gateway: "fd00:1::1" },
  dns: RESULT.dns,
};

const GOLDEN = {
  "0.1.0": { cniVersion: "0.1.0", ...BY_FAMILY },
  "0.2.0": { cniVersion: "0.2.0", ...BY_FAMILY },
  "0.3.0": {
    cniVersion: "0.3.0",
    interfaces: OLD_INTERFACES,
    ips: FAMILY_IPS,
    routes: OLD_ROUTES,
    dns: RESULT.dns,
  },
  "0.3.1": {
    cniVersion: "0.3.1",
    interfaces: OLD_INTERFACES,
    ips: FAMILY_IPS,
    routes: OLD_ROUTES,
    dns: RESULT.dns,
  },
  "0.4.0": {
    cniVersion: "0.4.0",
    interfaces: OLD_INTERFACES,
    ips: FAMILY_IPS,
    routes: OLD_ROUTES,
    dns: RESULT.dns,
  },
  "1.0.0": {
    cniVersion: "1.0.0",
    interfaces: OLD_INTERFACES,
    ips: RESULT.ips,
    routes: OLD_ROUTES,
    dns: RESULT.dns,
  },
  "1.1.0": { cniVersion: "1.1.0", ...RESULT },
};

describe("the result of ADD", () => {
  it.each(SUPPORTED_VERSIONS)("is exactly what version %s defines", (version) => {
    expect(convertResult(RESULT, version)).toStrictEqual(GOLDEN[version]);
  });

  it.each(
    SUPPORTED_VERSIONS,
  )("of version %s leaves out routes and DNS when there are none", (version) => {
    const result = convertResult({ interfaces: [], ips: [], routes: [], dns: {} }, version);
    const lists = atLeast(version, "0.3.0") ? { interfaces: [], ips: [] } : {};
    expect(result).toStrictEqual({ cniVersion: version, ...lists });
  });

  it("keeps no members without a value", () => {
    const interfaces = [{ name: "eth0", mac: undefined, sandbox: undefined }];
    const text = JSON.stringify(convertResult({ ...RESULT, interfaces }, "1.0.0"));
    expect(JSON.parse(text).interfaces).toStrictEqual([{ name: "eth0" }]);
  });
});

describe("prevResult", () => {
  const { mtu: _mtu, ...hostEnd } = RESULT.interfaces[0] ?? { name: "" };

  it("of 1.1.0 comes back whole", () => {
    expect(prevResultSchema.parse(GOLDEN["1.1.0"])).toStrictEqual(RESULT);
  });

  it.each([
    "0.3.0",
    "0.3.1",
    "0.4.0",
    "1.0.0",
  ] as const)("of %s becomes the newest form", (version) => {
    const result = prevResultSchema.parse(GOLDEN[version]);
    expect(result.interfaces[0]).toStrictEqual(hostEnd);
    expect(result.ips).toStrictEqual(RESULT.ips);
    expect(result.routes).toStrictEqual(OLD_ROUTES);
    expect(result.dns).toStrictEqual(RESULT.dns);
  });

  it.each(["0.1.0", "0.2.0"] as const)("of %s has addresses of no interface", (version) => {
    const result = prevResultSchema.parse(GOLDEN[version]);
    expect(result.interfaces).toStrictEqual([]);
    expect(result.ips).toStrictEqual([
      { address: "10.1.0.2/32", gateway: "10.1.0.1" },
      { address: "fd00:1::2/128", gateway: "fd00:1::1" },
    ]);
    expect(result.routes).toStrictEqual(OLD_ROUTES);
  });

  it.each(SUPPORTED_VERSIONS)("of %s goes back to the same text", (version) => {
    expect(convertResult(prevResultSchema.parse(GOLDEN[version]), version)).toStrictEqual(
      GOLDEN[version],
    );
  });

  it("may have null where Go has no list", () => {
    const nothing = { interfaces: null, ips: null, routes: null, dns: null };
    const empty = { interfaces: [], ips: [], routes: [], dns: {} };
    expect(prevResultSchema.parse(nothing)).toStrictEqual(empty);
    expect(prevResultSchema.parse({})).toStrictEqual(empty);
  });

  it.each([
    { ips: [{}] },
    { ips: {} },
    { interfaces: [{ mac: "02:00:00:00:00:01" }] },
    { routes: [{ gw: "10.1.0.1" }] },
    { dns: [] },
    { ip4: {} },
    { ip6: { ip: "fd00::1/64", routes: [{}] } },
    "text",
  ])("is refused as %j", (value) => {
    expect(prevResultSchema.safeParse(value).success).toBe(false);
  });
});

describe("a chained result", () => {
  const own: CniResult = {
    interfaces: [{ name: "mr1" }, { name: "net1", sandbox: "/run/netns/pod1" }],
    ips: [{ address: "10.2.0.2/32", interface: 1 }],
    routes: [{ dst: "10.2.0.0/16" }],
    dns: {},
  };

  it("is the own one when nothing came before", () => {
    expect(appendResult(null, own)).toBe(own);
  });

  it("keeps what came before and moves the own interface indexes behind it", () => {
    const merged = appendResult(RESULT, own);
    expect(merged.interfaces.map((link) => link.name)).toEqual([
      "mr0123456789",
      "eth0",
      "mr1",
      "net1",
    ]);
    expect(merged.ips.map((ip) => [ip.address, ip.interface])).toEqual([
      ["10.1.0.2/32", 1],
      ["fd00:1::2/128", 1],
      ["10.2.0.2/32", 3],
    ]);
    expect(merged.routes.map((route) => route.dst)).toEqual([
      "0.0.0.0/0",
      "10.9.0.0/16",
      "10.2.0.0/16",
    ]);
    expect(merged.dns).toEqual(RESULT.dns);
  });

  it("takes the own DNS settings when there are any", () => {
    const dns = { nameservers: ["10.2.0.53"] };
    expect(appendResult(RESULT, { ...own, dns }).dns).toEqual(dns);
  });
});
