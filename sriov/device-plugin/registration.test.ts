import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually, PluginNode } from "./fixture.ts";

let node: PluginNode;

beforeEach(() => {
  node = new PluginNode();
});

afterEach(() => node.close());

test("A plugin registers at kubelet.sock, and the kubelet reads its list", async () => {
  const plugin = await node.openKnown();
  expect(node.kubelet.registrations.map(({ request }) => request)).toEqual([
    {
      version: "v1beta1",
      endpoint: "intel.com_sriov.sock",
      resource_name: "intel.com/sriov",
      options: { pre_start_required: false, get_preferred_allocation_available: true },
    },
  ]);
  expect(node.kubelet.options?.get_preferred_allocation_available).toBe(true);
  expect(node.kubelet.lists[0]?.map(({ ID }) => ID)).toEqual(["0000:01:10.0", "0000:01:10.1"]);
  await eventually(() => plugin.status().registered);
  expect(plugin.status()).toEqual({
    resource: "intel.com/sriov",
    socket: `${node.kubelet.directory}/intel.com_sriov.sock`,
    streams: 1,
    registered: true,
    problem: "",
  });
});

test("Each pool has a socket of its own", async () => {
  await node.openKnown();
  await node.open({ resource: { prefix: "intel.com", name: "dpdk" } });
  await node.listed(2);
  const names = node.kubelet.registrations.map(({ request }) => request.resource_name);
  expect(names).toEqual(["intel.com/sriov", "intel.com/dpdk"]);
  expect(node.files()).toEqual(["intel.com_dpdk.sock", "intel.com_sriov.sock", "kubelet.sock"]);
});

test("PreStartContainer, which nobody asked for, is answered all the same", async () => {
  await node.openKnown();
  await expect(node.kubelet.call("PreStartContainer", { devices_ids: [] })).resolves.toEqual({});
});

test("A name that makes the socket's path too long is refused before anything is started", async () => {
  const name = "a".repeat(90);
  await expect(node.open({ resource: { prefix: "intel.com", name } })).rejects.toThrow(
    /bytes, the kernel takes 107: shorten resourcePrefix or resourceName/,
  );
});
