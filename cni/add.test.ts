import { describe, expect, it } from "vitest";
import { add } from "./add.ts";
import { ATTACHMENT, NETNS, RecordingAttacher, request } from "./test-call.ts";

async function run(config: Record<string, unknown>, env: Record<string, string> = {}) {
  const attacher = new RecordingAttacher();
  const result = JSON.parse(await add(request({ config, env }), attacher));
  return { result, asked: attacher.calls[0]?.[1] };
}

describe("ADD", () => {
  it("asks for an attachment with nothing but what the call says", async () => {
    const { asked } = await run({});
    expect(asked).toStrictEqual({
      containerId: "pod1",
      ifname: "eth0",
      netns: NETNS,
      network: "blue",
      configName: "blue",
      pod: null,
    });
  });

  it("passes on what the call asks for", async () => {
    const config = {
      network: "tenant-a",
      mtu: 1400,
      runtimeConfig: { mac: "02:00:00:00:00:05", ips: ["10.1.0.5/24"] },
    };
    const { asked } = await run(config, { CNI_ARGS: "K8S_POD_NAMESPACE=ns;K8S_POD_NAME=web" });
    expect(asked).toMatchObject({
      network: "tenant-a",
      configName: "blue",
      mtu: 1400,
      mac: "02:00:00:00:00:05",
      ips: ["10.1.0.5"],
      pod: { namespace: "ns", name: "web", uid: "" },
    });
  });

  it("answers with both ends, the addresses of the pod end, routes and DNS", async () => {
    const { result } = await run({ dns: { nameservers: ["10.1.0.53"] } });
    expect(result).toStrictEqual({
      cniVersion: "1.1.0",
      interfaces: [
        { name: "mr0123456789", mac: "02:00:00:00:00:01", mtu: 1450 },
        { name: "eth0", mac: "02:00:00:00:00:02", mtu: 1450, sandbox: NETNS },
      ],
      ips: [
        { address: "10.1.0.2/32", gateway: "10.1.0.1", interface: 1 },
        { address: "fd00:1::2/128", gateway: "fd00:1::1", interface: 1 },
      ],
      routes: ATTACHMENT.routes,
      dns: { nameservers: ["10.1.0.53"] },
    });
  });

  it.each([
    "0.3.0",
    "0.3.1",
    "0.4.0",
    "1.0.0",
  ])("answers in version %s when asked in it", async (version) => {
    const { result } = await run({ cniVersion: version });
    expect(result.cniVersion).toBe(version);
    expect(result.interfaces[0]).toStrictEqual({
      name: "mr0123456789",
      mac: "02:00:00:00:00:01",
    });
    expect("version" in result.ips[0]).toBe(version.startsWith("0."));
  });

  it("appends to the result of the plugins before it", async () => {
    const prevResult = {
      cniVersion: "1.1.0",
      interfaces: [{ name: "lo", sandbox: NETNS }],
      ips: [{ address: "127.0.0.1/8", interface: 0 }],
      dns: { domain: "example" },
    };
    const { result } = await run({ prevResult });
    expect(result.interfaces.map((link: { name: string }) => link.name)).toEqual([
      "lo",
      "mr0123456789",
      "eth0",
    ]);
    expect(result.ips.map((ip: { interface: number }) => ip.interface)).toEqual([0, 2, 2]);
    expect(result.dns).toEqual({ domain: "example" });
  });

  it("leaves out gateways that do not exist", async () => {
    const attacher = new RecordingAttacher();
    attacher.attachment = {
      ...ATTACHMENT,
      addresses: [{ address: "10.1.0.2/32", gateway: "" }],
      routes: [{ dst: "10.1.0.1/32", gw: "" }],
    };
    const result = JSON.parse(await add(request(), attacher));
    expect(result.ips).toStrictEqual([{ address: "10.1.0.2/32", interface: 1 }]);
    expect(result.routes).toStrictEqual([{ dst: "10.1.0.1/32" }]);
  });

  it.each([
    ["is gone", { CNI_NETNS: "/run/netns/mr-no-such-pod" }, "cannot be opened (ENOENT)"],
    ["is no namespace", { CNI_NETNS: "/etc/passwd" }, "is not a network namespace"],
    ["is the node's", { CNI_NETNS_OVERRIDE: "" }, "is the network namespace of the node"],
  ])("attaches nothing when the network namespace %s", async (_, env, words) => {
    const attacher = new RecordingAttacher();
    const failed = expect(add(request({ env }), attacher)).rejects;
    await failed.toMatchObject({ code: 8, message: expect.stringContaining(words) });
    expect(attacher.calls).toEqual([]);
  });

  const DEVICE = "0000:3b:02.1";

  it("asks for a VF when a device or the mode is named, with what the call says of it", async () => {
    const config = { deviceID: DEVICE.toUpperCase(), vlan: 5, trust: "on", args: { cni: {} } };
    const { asked } = await run(config, { CNI_ARGS: "MAC=02:00:00:00:00:05" });
    expect(asked).toStrictEqual({
      ...{ containerId: "pod1", ifname: "eth0", netns: NETNS, configName: "blue", pod: null },
      ...{ network: "", device: DEVICE, pool: "" },
      knobs: { vlan: 5, trust: true, mac: "02:00:00:00:00:05" },
    });
    const { asked: chosen } = await run({ mode: "vf", pool: "fast", ipam: { type: "millrace" } });
    expect(chosen).toMatchObject({ network: "blue", device: null, pool: "fast", knobs: {} });
  });

  it("answers with the VF, and in a chain behind what was there", async () => {
    const { result } = await run({ mode: "vf", deviceID: DEVICE });
    const vf = { name: "eth0", mac: "02:00:00:00:00:05", mtu: 1500, sandbox: NETNS, pciID: DEVICE };
    expect(result).toStrictEqual({ cniVersion: "1.1.0", interfaces: [vf], ips: [] });
    const prevResult = { interfaces: [{ name: "cni0" }] };
    const chained = await run({ mode: "vf", deviceID: DEVICE, cniVersion: "0.4.0", prevResult });
    const { mtu, pciID, ...old } = vf;
    expect(chained.result.interfaces).toStrictEqual([{ name: "cni0" }, old]);
  });
});
