import { describe, expect, it } from "vitest";
import { CniError } from "./errors.ts";
import { parseRequest } from "./request.ts";
import { callBody, request, type TestCall } from "./test-call.ts";

function failure(body: unknown): CniError {
  try {
    parseRequest(body);
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
  throw new Error("the call was accepted");
}

describe("a CNI call", () => {
  it("becomes a request with everything the verb needs", () => {
    const env = { CNI_ARGS: "K8S_POD_NAMESPACE=ns;K8S_POD_NAME=web;K8S_POD_UID=u1" };
    const config = { network: "tenant-a", mtu: 1400, dns: { nameservers: ["10.1.0.53"] } };
    expect(request({ env, config })).toMatchObject({
      command: "ADD",
      version: "1.1.0",
      containerId: "pod1",
      ifname: "eth0",
      pod: { namespace: "ns", name: "web", uid: "u1" },
      configName: "blue",
      network: "tenant-a",
      mtu: 1400,
      mac: null,
      ips: [],
      dns: { nameservers: ["10.1.0.53"] },
      prevResult: null,
    });
  });

  it("uses the Millrace network of its own name by default", () => {
    expect(request().network).toBe("blue");
  });

  it("takes what the configuration says of the port", () => {
    const vlanTrunk = [{ id: 7 }, { minID: 100, maxID: 200 }];
    const config = { queues: 4, vlan: 5, vlanTrunk, spoofchk: "off" };
    expect(request({ config }).port).toEqual({ queues: 4, vlan: 5, vlanTrunk, spoofCheck: false });
    expect(request({ config: { spoofchk: "on" } }).port).toEqual({ spoofCheck: true });
    expect(request().port).toEqual({});
  });

  it("tolerates what libcni and Multus put into the configuration", () => {
    const config = {
      mode: "fastpath",
      deviceID: "0000:01:02.2",
      pciBusID: "0000:01:02.2",
      capabilities: { mac: true, ips: true },
      runtimeConfig: { deviceID: "0000:01:02.2", CNIDeviceInfoFile: "/run/x" },
      args: { cni: { labels: [{ key: "app", value: "web" }] }, other: 1 },
      "cni.dev/valid-attachments": null,
      disableCheck: false,
      cniVersions: ["1.0.0"],
      ipam: {},
      dns: { nameservers: null },
      prevResult: null,
      agentSocket: "/run/millrace/agent.sock",
      spoolDir: "/var/lib/millrace/spool",
    };
    expect(request({ config }).network).toBe("blue");
  });

  it.each<[string, TestCall, string]>([
    [
      "runtimeConfig",
      { config: { runtimeConfig: { mac: "02-00-00-00-00-AA" } } },
      "02:00:00:00:00:aa",
    ],
    ["args", { config: { args: { cni: { mac: "02:00:00:00:00:bb" } } } }, "02:00:00:00:00:bb"],
    ["CNI_ARGS", {}, "02:00:00:00:00:cc"],
  ])("takes the MAC from %s before the weaker places", (_, call, mac) => {
    const env = { CNI_ARGS: "MAC=02:00:00:00:00:CC" };
    expect(request({ ...call, env }).mac).toBe(mac);
  });

  it.each<[string, TestCall, string[]]>([
    [
      "runtimeConfig",
      { config: { runtimeConfig: { ips: ["10.1.0.5/24", "FD00:1:0::5"] } } },
      ["10.1.0.5", "fd00:1::5"],
    ],
    ["args", { config: { args: { cni: { ips: ["10.1.0.6"] } } } }, ["10.1.0.6"]],
    ["CNI_ARGS", {}, ["10.1.0.7", "fd00:1::7"]],
  ])("takes the addresses from %s before the weaker places", (_, call, ips) => {
    const env = { CNI_ARGS: "IP=10.1.0.7/24,fd00:1::7/64" };
    expect(request({ ...call, env }).ips).toEqual(ips);
  });

  it.each<[string, TestCall, number, string]>([
    ["no JSON", { config: "{" }, 6, "the network configuration is not JSON"],
    ["a list", { config: "[]" }, 6, "the network configuration is not a JSON object"],
    ["nothing", { config: "" }, 6, "the network configuration is not JSON"],
    ["no name", { config: { name: undefined } }, 7, "name = missing"],
    ["a bad name", { config: { name: "a/b" } }, 7, 'name = "a/b"'],
    ["an unknown version", { config: { cniVersion: "0.2.1" } }, 1, 'cniVersion = "0.2.1"'],
    [
      "CHECK without a version, which means 0.1.0",
      { command: "CHECK", config: { cniVersion: undefined } },
      1,
      "0.1.0, as no cniVersion says otherwise, has no CHECK",
    ],
    ["a future version", { config: { cniVersion: "2.0.0" } }, 1, 'cniVersion = "2.0.0"'],
    ["a numeric version", { config: { cniVersion: 1 } }, 6, "cniVersion = 1 is not a string"],
    ["an unknown key", { config: { vlanId: 100 } }, 2, "vlanId = 100"],
    ["a VLAN too many", { config: { vlan: 4095 } }, 7, "vlan = 4095"],
    ["a VLAN that is text", { config: { vlan: "5" } }, 7, 'vlan = "5"'],
    ["a trunk that is no list", { config: { vlanTrunk: 5 } }, 7, "vlanTrunk = 5"],
    ["a trunk with VLAN 0", { config: { vlanTrunk: [{ id: 0 }] } }, 7, "vlanTrunk[0].id = 0"],
    [
      "a trunk the wrong way round",
      { config: { vlanTrunk: [{ id: 1 }, { minID: 9, maxID: 8 }] } },
      7,
      'vlanTrunk[1] = {"minID":9,"maxID":8}',
    ],
    ["half a range", { config: { vlanTrunk: [{ minID: 9 }] } }, 7, 'vlanTrunk[0] = {"minID":9}'],
    ["a bad spoofchk", { config: { spoofchk: true } }, 7, "spoofchk = true"],
    ["no queues", { config: { queues: 0 } }, 7, "queues = 0"],
    ["too many queues", { config: { queues: 17 } }, 7, "queues = 17"],
    ["an unknown ipam key", { config: { ipam: { subnet: "x" } } }, 2, 'ipam.subnet = "x"'],
    [
      "a capability nobody serves",
      { config: { runtimeConfig: { bandwidth: { ingressRate: 1 } } } },
      2,
      'runtimeConfig.bandwidth = {"ingressRate":1}',
    ],
    [
      "a path for an IPAM plugin",
      { config: { ipam: { type: "../sh" } } },
      7,
      'ipam.type = "../sh"',
    ],
    [
      "ranges that nobody serves",
      { config: { runtimeConfig: { ipRanges: [[{ subnet: "10.1.0.0/24" }]] } } },
      2,
      "runtimeConfig.ipRanges",
    ],
    [
      "a VF with addresses from two",
      { config: { mode: "vf", network: "lan", ipam: { type: "host-local" } } },
      7,
      'network = "lan" and ipam.type = "host-local" would both',
    ],
    [
      "addresses from nobody",
      { config: { mode: "vf", runtimeConfig: { ips: ["10.1.0.5"] } } },
      7,
      "ips = ",
    ],
    ["another mode", { config: { mode: "afxdp" } }, 7, 'mode = "afxdp"'],
    ["a tiny MTU", { config: { mtu: 67 } }, 7, "mtu = 67"],
    ["a fractional MTU", { config: { mtu: 1500.5 } }, 7, "mtu = 1500.5"],
    ["a bad network", { config: { network: "" } }, 7, 'network = ""'],
    [
      "a group MAC",
      { config: { runtimeConfig: { mac: "01:00:5e:00:00:01" } } },
      7,
      "runtimeConfig.mac",
    ],
    [
      "a zero MAC",
      { config: { runtimeConfig: { mac: "00:00:00:00:00:00" } } },
      7,
      "runtimeConfig.mac",
    ],
    [
      "a bad address",
      { config: { runtimeConfig: { ips: ["10.1.0.5", "10.1"] } } },
      7,
      "runtimeConfig.ips[1]",
    ],
    [
      "a long prefix",
      { config: { runtimeConfig: { ips: ["10.1.0.5/33"] } } },
      7,
      "runtimeConfig.ips[0]",
    ],
    ["a zone", { config: { runtimeConfig: { ips: ["fe80::1%eth0"] } } }, 7, "runtimeConfig.ips[0]"],
    ["a bad prevResult", { config: { prevResult: { ips: [{}] } } }, 7, "prevResult.ips[0].address"],
    ["a relative socket", { config: { agentSocket: "agent.sock" } }, 7, "agentSocket"],
    ["a relative spool directory", { config: { spoolDir: "spool" } }, 7, "spoolDir"],
    ["a bad MAC in CNI_ARGS", { env: { CNI_ARGS: "MAC=x" } }, 4, "invalid MAC in CNI_ARGS"],
    ["a bad IP in CNI_ARGS", { env: { CNI_ARGS: "IP=10.1.0.5,y" } }, 4, "invalid IP in CNI_ARGS"],
    [
      "CHECK of 0.3.1",
      { command: "CHECK", config: { cniVersion: "0.3.1" } },
      1,
      "0.3.1 has no CHECK",
    ],
    ["GC of 1.0.0", { command: "GC", config: { cniVersion: "1.0.0" } }, 1, "1.0.0 has no GC"],
    [
      "STATUS of 1.0.0",
      { command: "STATUS", config: { cniVersion: "1.0.0" } },
      1,
      "1.0.0 has no STATUS",
    ],
    ["GC without a list", { command: "GC" }, 7, "GC needs the key cni.dev/valid-attachments"],
    [
      "GC with a bad list",
      { command: "GC", config: { "cni.dev/valid-attachments": [{}] } },
      7,
      "cni.dev/valid-attachments = [{}]",
    ],
  ])("is refused for %s", (_, call, code, words) => {
    const error = failure(callBody(call));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(error.details).not.toBe("");
  });

  it("says which fields are supported when one is not", () => {
    const error = failure(callBody({ config: { vlanId: 1 } }));
    expect(error.details).toContain("accepted: the keys mode, queues, vlan, vlanTrunk, spoofchk");
  });

  it.each([
    null,
    1,
    "x",
    [],
    {},
    { env: null },
    { env: [] },
  ])("is refused when it is %j", (body) => {
    expect(failure(body).code).toBe(6);
  });
});

describe("an IPAM plugin", () => {
  const config = {
    ipam: { type: "host-local", ranges: [] },
    runtimeConfig: { ipRanges: [[{ subnet: "10.1.0.0/24" }]], ips: ["10.1.0.5"] },
  };

  it.each([
    { command: "ADD" },
    { command: "DEL" },
    { command: "ADD", config: { mode: "vf" } },
  ])("is passed the configuration as it came, and what it needs of the environment: %j", (call) => {
    const more = { CNI_ARGS: "IP=10.1.0.5", TRACEPARENT: "00-1", HOME: "/root" };
    const body = callBody({ env: more, ...call, config: { ...config, ...call.config } });
    const { ipam, ips } = parseRequest(body);
    expect(ipam).toEqual({
      type: "host-local",
      env: { CNI_PATH: "/opt/cni/bin", CNI_NETNS_OVERRIDE: "1", ...more, HOME: undefined },
      config: body.config,
    });
    expect(ips).toEqual(call.command === "ADD" ? ["10.1.0.5"] : []);
  });

  it.each([
    {},
    { ipam: {} },
    { ipam: { type: "millrace" } },
    { ipam: null },
  ])("is not asked for %j", (none) => {
    expect(request({ config: none }).ipam).toBeNull();
  });
});

describe("DEL", () => {
  it.each([
    { vlan: 4095 },
    { vlanTrunk: [{}] },
    { mode: "afxdp" },
    { mtu: "big" },
    { network: 7 },
    { prevResult: "broken" },
    { ipam: { type: "/bin/sh" } },
  ])("accepts the configuration %j, which ADD refuses", (config) => {
    expect(request({ command: "DEL", config })).toMatchObject({ containerId: "pod1" });
    expect(failure(callBody({ config })).code).toBeGreaterThan(0);
  });
});

describe("GC", () => {
  const list = [{ containerID: "pod1", ifname: "eth0" }];

  it.each([
    [{ "cni.dev/valid-attachments": list }, [{ containerId: "pod1", ifname: "eth0" }]],
    [{ "cni.dev/attachments": list }, [{ containerId: "pod1", ifname: "eth0" }]],
    [{ "cni.dev/valid-attachments": [], "cni.dev/attachments": list }, []],
    [{ "cni.dev/valid-attachments": null }, []],
  ])("reads the valid attachments of %j", (config, expected) => {
    expect(request({ command: "GC", config }).validAttachments).toEqual(expected);
  });
});
