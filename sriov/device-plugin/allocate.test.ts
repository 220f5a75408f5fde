import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PF0, PF1, PluginNode, vf } from "./fixture.ts";
import type { AllocateResponse } from "./messages.ts";

let node: PluginNode;

beforeEach(() => {
  node = new PluginNode();
});

afterEach(() => node.close());

function allocate(...containers: string[][]): Promise<AllocateResponse> {
  const container_requests = containers.map((devices_ids) => ({ devices_ids }));
  return node.kubelet.call("Allocate", { container_requests });
}

test("A container learns of its VFs by the variables of the SR-IOV network device plugin", async () => {
  await node.openKnown();
  const { container_responses } = await allocate(["0000:01:10.1", "0000:01:10.0"]);
  expect(container_responses).toEqual([
    {
      envs: {
        PCIDEVICE_INTEL_COM_SRIOV: "0000:01:10.1,0000:01:10.0",
        PCIDEVICE_INTEL_COM_SRIOV_INFO:
          '{"0000:01:10.0":{"generic":{"deviceID":"0000:01:10.0"}},"0000:01:10.1":{"generic":{"deviceID":"0000:01:10.1"}}}',
      },
      mounts: [],
      devices: [],
      annotations: {},
      cdi_devices: [],
    },
  ]);
});

test("VFs under vfio-pci come with the devices of their groups, each once", async () => {
  const group42 = { hostPath: "/dev/vfio/42", containerPath: "/dev/vfio/42" };
  const group0 = { hostPath: "/dev/vfio/noiommu-0", containerPath: "/dev/vfio/0" };
  node.source.set([
    vf(PF0, 0, { vfio: group42 }),
    vf(PF0, 1, { vfio: group42 }),
    vf(PF1, 0, { vfio: group0 }),
  ]);
  await node.openKnown({ resource: { prefix: "my-corp.io", name: "dpdk_nic.1" } });
  const { container_responses } = await allocate(["0000:01:10.0", "0000:01:10.1", "0000:02:10.0"]);
  expect(container_responses[0]?.devices).toEqual([
    { host_path: "/dev/vfio/vfio", container_path: "/dev/vfio/vfio", permissions: "rw" },
    { host_path: "/dev/vfio/42", container_path: "/dev/vfio/42", permissions: "rw" },
    { host_path: "/dev/vfio/noiommu-0", container_path: "/dev/vfio/0", permissions: "rw" },
  ]);
  const envs = container_responses[0]?.envs ?? {};
  expect(Object.keys(envs)).toEqual([
    "PCIDEVICE_MY-CORP_IO_DPDK_NIC_1",
    "PCIDEVICE_MY-CORP_IO_DPDK_NIC_1_INFO",
  ]);
  const info = JSON.parse(envs["PCIDEVICE_MY-CORP_IO_DPDK_NIC_1_INFO"] ?? "");
  expect(info["0000:02:10.0"]).toEqual({
    generic: { deviceID: "0000:02:10.0" },
    vfio: { "dev-mount": "/dev/vfio/0", mount: "/dev/vfio/vfio" },
  });
});

test("additionalInfo is for every device under *, and for one under its address", async () => {
  const additionalInfo = {
    "*": { token: "all", rack: "r1" },
    "0000:01:10.1": { token: "one" },
  };
  await node.openKnown({ additionalInfo });
  const { container_responses } = await allocate(["0000:01:10.0"], ["0000:01:10.1"]);
  const info = container_responses.map(({ envs }) => envs["PCIDEVICE_INTEL_COM_SRIOV_INFO"]);
  expect(info).toEqual([
    '{"0000:01:10.0":{"extra":{"rack":"r1","token":"all"},"generic":{"deviceID":"0000:01:10.0"}}}',
    '{"0000:01:10.1":{"extra":{"rack":"r1","token":"one"},"generic":{"deviceID":"0000:01:10.1"}}}',
  ]);
});

test.each([
  {
    title: "A device that the pool does not have",
    ids: ["0000:01:10.0", "0000:01:10.7"],
    code: status.NOT_FOUND,
    details: 'intel.com/sriov has no device "0000:01:10.7"',
  },
  {
    title: "A device that is not healthy",
    ids: ["0000:01:10.0", "0000:01:10.1"],
    code: status.FAILED_PRECONDITION,
    details: "0000:01:10.1 of intel.com/sriov is not healthy: driver iavf does not answer",
  },
  {
    title: "A request without devices",
    ids: [],
    code: status.INVALID_ARGUMENT,
    details: "a request for intel.com/sriov names no device",
  },
])("$title is refused in words, and nothing is written", async ({ ids, code, details }) => {
  const reason = "driver iavf does not answer";
  node.source.change("0000:01:10.1", { healthy: false, reason });
  await node.openKnown();
  await expect(allocate(ids)).rejects.toMatchObject({ code, details });
  expect(node.files().filter((name) => name.endsWith(".json"))).toEqual([]);
});

test("A device information file that cannot be written fails the call in words", async () => {
  writeFileSync(join(node.dir, "run"), "");
  await node.openKnown({ deviceInfoDir: join(node.dir, "run/devinfo") });
  await expect(allocate(["0000:01:10.0"])).rejects.toMatchObject({
    code: status.INTERNAL,
    details: expect.stringContaining("ENOTDIR"),
  });
});
