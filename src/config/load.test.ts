import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { formatCpuList, parseCpuList, readConfigHost } from "./host.ts";
import { loadConfig, parseConfig } from "./load.ts";
import { configJsonSchema } from "./schema.ts";
import { spoolDirOf } from "./spool-dir.ts";

const host = { cpus: [0, 1, 2, 3, 6] };
const parse = (text: string) => parseConfig(text, "a.yaml", host);

/** A document with one network and further keys of it, indented by four. */
const blue = (keys = "", prefixes = '[10.1.0.0/24, "fd00:1::/64"]') =>
  `networks:\n  - name: blue\n    nodePrefixes: ${prefixes}\n${keys}`;

function failure(text: string): ConfigError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

describe("a configuration", () => {
  it("needs nothing: every key has a default", () => {
    expect(parse("")).toMatchObject({
      socket: "/run/millrace/agent.sock",
      stateDir: "/var/lib/millrace",
      reconcileInterval: 30,
      log: { level: "info" },
      metrics: { listen: "unix" },
      dataplane: { cpus: [], frames: 8192, frameSize: 2048, fill: 1024, busyPoll: null },
      networks: [],
    });
  });

  it("keeps what is written", () => {
    const config = parse(
      `dataplane: {cpus: [3, 6], fill: 128, frames: 32768, busyPoll: {usecs: 20, budget: 64}}\n${blue(
        "    mtu: 1400\n    staticRoutes: [{prefix: 10.9.0.0/16, via: 10.1.0.9}]",
      )}`,
    );
    expect(config.dataplane).toMatchObject({ cpus: [3, 6], busyPoll: { usecs: 20, budget: 64 } });
    expect(config.networks[0]).toMatchObject({ name: "blue", mtu: 1400, gateways: [] });
  });

  it("has its spool in the state directory unless told otherwise", () => {
    expect(spoolDirOf(parse(""))).toBe("/var/lib/millrace/spool");
    expect(spoolDirOf(parse("stateDir: /srv/millrace"))).toBe("/srv/millrace/spool");
    expect(spoolDirOf(parse("{stateDir: /srv/millrace, spoolDir: /var/spool/dels}"))).toBe(
      "/var/spool/dels",
    );
    expect(failure("spoolDir: spool").message).toContain(
      'spoolDir = "spool": accepted: an absolute path of at most 4095 bytes',
    );
  });

  it("is frozen to the leaves", () => {
    const config = parse(blue());
    expect(Object.isFrozen(config.networks[0]?.nodePrefixes)).toBe(true);
    expect(() => Object.assign(config.dataplane, { batch: 1 })).toThrow(TypeError);
  });

  it("names file, line, key, value and what is accepted in its error", () => {
    const error = failure(blue("    mtu: 9001"));
    expect(error).toMatchObject({ source: "a.yaml:4", key: "networks[0].mtu", value: 9001 });
    expect(error.message).toBe(
      "a.yaml:4: networks[0].mtu = 9001: accepted: 1280 (the network has an IPv6 prefix " +
        "(RFC 8200 5)) to 9000 (6 segments of 1792 bytes: frameSize 2048 - 256 XDP headroom)",
    );
  });

  it.each([
    ["foo: 1", "foo = 1: unknown key; accepted: the keys socket, stateDir"],
    ["dataplane: {cpu: 1}", "dataplane.cpu = 1: unknown key; accepted: the keys cpus, frames"],
    ["networks:\n- nam: a", "networks[0].name: missing; accepted: 1 to 63 lower-case"],
    ["networks:\n- name: a\n  vrf: 3\n  nodePrefixes: []", "networks[0].vrf = 3: unknown key"],
    ["[]", "accepted: the keys socket"],
    ["networks: 3", "networks = 3: accepted: a list of networks"],
    ["a: [", "accepted: YAML 1.2"],
    ["a: *b", "accepted: YAML 1.2"],
    ["socket: /a\nsocket: /b", "a.yaml:2: Map keys must be unique"],
    ["socket: run/a", "accepted: an absolute path of at most 107 bytes"],
    [`socket: /${"a".repeat(107)}`, "accepted: an absolute path of at most 107 bytes"],
    ["reconcileInterval: 1.5", "an integer from 1 to 3600 (seconds)"],
    ["log: {level: loud}", 'log.level = "loud": accepted: one of trace, debug'],
    ["metrics: {listen: '0.0.0.0:80'}", '"unix", "127.0.0.1:PORT" or "[::1]:PORT"'],
    ["metrics: {listen: '127.0.0.1:70000'}", "a port from 1 to 65535"],
  ])("%j is refused with %j", (text, message) => {
    expect(failure(text).message).toContain(message);
  });

  it.each([
    ["{batch: 65}", "dataplane.batch = 65: accepted: an integer from 1 to 64 (frames)"],
    ["{ringSize: 1000}", "a power of two from 64 to 16384 (descriptors)"],
    ["{frames: 10000}", "a power of two from 1024 to 1048576 (frames per worker)"],
    ["{frameSize: 3000}", "2048 or 4096 (bytes per frame)"],
    ["{hugepages: yes}", "one of auto, off, require"],
    ["{mode: fast}", "one of auto, zero-copy, copy, generic"],
    ["{cpus: [0, 7]}", "dataplane.cpus[1] = 7: accepted: a CPU this process may run on: 0-3,6"],
    ["{cpus: [0, 0]}", "dataplane.cpus[1] = 0: named twice"],
    ["{ringSize: 64, batch: 64}", "dataplane.txBudget = 256: accepted: at most ringSize 64"],
    ["{fill: 63}", "an integer from 64 to 16384 (frames per port)"],
    ["{fill: 4096}", "dataplane.fill = 4096: accepted: at most ringSize 2048"],
    ["{busyPoll: {usecs: 5}}", "dataplane.busyPoll.budget: missing"],
    ["{podQueues: 0}", "dataplane.podQueues = 0: accepted: an integer from 1 to 16 (queues)"],
    ["{podQueues: 17}", "dataplane.podQueues = 17"],
    ["{multiBuffer: on}", "one of auto, off"],
    ["{busyPoll: 5}", "dataplane.busyPoll = 5"],
    [
      "{frames: 4096}",
      "dataplane.frames = 4096: the ports could use up all frames; accepted: at least 8064 " +
        "(maxPorts 110 x 64 of an idle port + fill 1024 of a busy one), or less of these",
    ],
  ])("dataplane: %s is refused with %j", (keys, message) => {
    expect(failure(`dataplane: ${keys}`).message).toContain(message);
  });

  it.each([
    ["[10.1.0.5/24]", "host bits are set, the prefix is 10.1.0.0/24"],
    ["[10.1.0/24]", "not an IPv4 or IPv6 address"],
    ["[10.1.0.0]", "the prefix length is missing"],
    ["[10.1.0.0/31]", "an IPv4 prefix of at most /30"],
    ["[fd00::/127]", "an IPv6 prefix of at most /126"],
    ["[127.0.0.0/24]", "overlaps 127.0.0.0/8, loopback"],
    ["[224.1.0.0/24]", "multicast"],
    ["[fe80::/64]", "link-local"],
    ["[]", "at least one prefix"],
    ["[10.1.0.0/24, 10.2.0.0/24]", "a second IPv4 prefix; accepted: one prefix per family"],
    ["[7]", "networks[0].nodePrefixes[0] = 7"],
  ])("nodePrefixes: %s is refused with %j", (prefixes, message) => {
    expect(failure(blue("", prefixes)).message).toContain(message);
  });

  it.each([
    ["mtu: 1279", "accepted: 1280 (the network has an IPv6 prefix"],
    ["mtu: 67", "an integer from 68 to 65535"],
    ["gateways: [10.1.1.1]", "outside the network; accepted: an address of 10.1.0.0/24 or fd00"],
    ["gateways: [10.1.0.255]", "the broadcast address of 10.1.0.0/24"],
    ["gateways: [10.1.0.1, 10.1.0.2]", "a second IPv4 gateway"],
    ["gateways: [x]", "not an IPv4 or IPv6 address"],
    ["routes: [10.0.0.0/8, 10.0.0.0/8]", "networks[0].routes[1]"],
    ["routes: [10.0.0.1/8]", "host bits are set"],
    ["staticRoutes: [{prefix: 10.9.0.0/16, via: 10.1.0.1}]", "the gateway; accepted: a pod add"],
    ["staticRoutes: [{prefix: 10.9.0.0/16, via: 10.2.0.1}]", "a pod address of 10.1.0.0/24"],
    ["staticRoutes: [{prefix: 10.1.0.8/29, via: 10.1.0.9}]", "inside 10.1.0.0/24"],
    ["staticRoutes: [{prefix: 10.9.0.0/16}]", "staticRoutes[0].via: missing"],
    ["staticRoutes: [{prefix: 10.9.0.0/16, via: 10.1.0.9, x: 1}]", "the keys prefix, via"],
  ])("a network with %s is refused with %j", (keys, message) => {
    expect(failure(blue(`    ${keys}`)).message).toContain(message);
  });

  it("refuses a route of a family the network has no gateway for", () => {
    const text = blue("    routes: [fd00::/8]", "[10.1.0.0/24]");
    expect(failure(text).message).toContain("no IPv6 gateway to reach it through");
  });

  it("accepts jumbo frames when packets may take several frames", () => {
    expect(parse(blue("    mtu: 9000")).networks[0]?.mtu).toBe(9000);
    const large = `dataplane: {frameSize: 4096}\n${blue("    mtu: 9001")}`;
    expect(failure(large).message).toContain(
      "to 9000 (3 segments of 3840 bytes: frameSize 4096 - 256 XDP headroom)",
    );
    const generic = `dataplane: {mode: generic}\n${blue("    mtu: 1775")}`;
    expect(failure(generic).message).toContain("to 1774 (frameSize 2048");
  });

  it("accepts an MTU up to the limits of frame and port mode without", () => {
    const with4k = (mode: string, mtu: number) =>
      `dataplane: {frameSize: 4096, multiBuffer: off, mode: ${mode}}\n${blue(`    mtu: ${mtu}`)}`;
    expect(parse(with4k("auto", 3506)).networks[0]?.mtu).toBe(3506);
    expect(parse(with4k("generic", 3822)).networks[0]?.mtu).toBe(3822);
    expect(failure(with4k("auto", 3507)).message).toContain(
      "3506 (native XDP on a veth: 4096 page - 256 XDP headroom - 320 skb_shared_info",
    );
  });
});

describe("a configuration file", () => {
  it("is read from disk, and one that is not there is named", () => {
    const dir = mkdtempSync(join(tmpdir(), "mr-config-"));
    try {
      const path = join(dir, "agent.yaml");
      writeFileSync(path, blue());
      expect(loadConfig(path).networks[0]?.name).toBe("blue");
      expect(() => loadConfig(join(dir, "none.yaml"))).toThrow(/none\.yaml: cannot be read/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe("the JSON Schema", () => {
  it("describes every key and forbids others", () => {
    const schema = configJsonSchema() as {
      additionalProperties: boolean;
      properties: Record<string, { properties?: Record<string, { description?: string }> }>;
      required?: string[];
    };
    expect(schema.additionalProperties).toBe(false);
    expect(schema.required).toBeUndefined();
    expect(Object.keys(schema.properties)).toContain("networks");
    expect(schema.properties["dataplane"]?.properties?.["batch"]?.description).toBe(
      "an integer from 1 to 64 (frames)",
    );
  });
});

describe("CPU lists", () => {
  it("are read and written as the kernel does", () => {
    expect(parseCpuList("0-2,5")).toEqual([0, 1, 2, 5]);
    expect(parseCpuList("")).toEqual([]);
    expect(formatCpuList([5, 0, 1, 2])).toBe("0-2,5");
    expect(readConfigHost().cpus.length).toBeGreaterThan(0);
  });
});
