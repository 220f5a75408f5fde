import { describe, expect, it } from "vitest";
import { fixtureHost, type Tree } from "./fixture.ts";
import { checkIommu } from "./iommu.ts";
import { checkKubelet } from "./kubelet.ts";
import { checkNamespaces } from "./namespaces.ts";

const POOL = "sriov: {pools: [{name: fast, selectors: {}}]}";
const WATCHER = "sriov: {registration: watcher, pools: [{name: fast, selectors: {}}]}";
const VFIO = "sriov: {policies: [{name: dpdk, selectors: {pfNames: [ens1f0]}, driver: vfio-pci}]}";
const SOCKET: Tree = { "var/lib/kubelet/device-plugins/kubelet.sock": "" };

const installed = (version: string): Tree => ({
  ...SOCKET,
  "var/lib/dpkg/status": `Package: zlib\nVersion: 1.2\n\nPackage: kubelet\nStatus: ok\nVersion: ${version}\n`,
});

describe("checkNamespaces", () => {
  const netns = (own: string, first: string): Tree => ({
    "proc/self/ns/net": { link: `net:[${own}]` },
    "proc/1/ns/net": { link: `net:[${first}]` },
  });

  it("warns where this is not the network namespace of the node", () => {
    expect(checkNamespaces(fixtureHost(netns("1", "1")))).toEqual([]);
    expect(checkNamespaces(fixtureHost(netns("2", "1")))[0]).toMatchObject({
      status: "warning",
      remedy: expect.stringContaining("hostNetwork: true"),
    });
  });

  it("calls a kernel that makes no network namespaces a problem", () => {
    const path = "proc/sys/user/max_net_namespaces";
    expect(checkNamespaces(fixtureHost({ [path]: "0\n" }))[0]?.status).toBe("problem");
    expect(checkNamespaces(fixtureHost({ [path]: "15000\n" }))).toEqual([]);
  });

  it("names the version of cgroups", () => {
    const text = (line: string) => checkNamespaces(fixtureHost({ "proc/mounts": line }))[0]?.text;
    expect(text("none /sys/fs/cgroup cgroup2 rw 0 0\n")).toBe("version 2");
    expect(text("none /sys/fs/cgroup/cpu cgroup rw 0 0\n")).toContain("kubelet 1.35");
  });
});

describe("checkKubelet", () => {
  it("has nothing to say where no pool is offered", () => {
    expect(checkKubelet(fixtureHost())).toEqual([]);
  });

  it("looks for the socket that pools are registered at", () => {
    expect(checkKubelet(fixtureHost(SOCKET, POOL))).toMatchObject([{ status: "ok" }]);
    expect(checkKubelet(fixtureHost({}, POOL))).toMatchObject([
      {
        status: "warning",
        text: expect.stringMatching(/device-plugins\/kubelet\.sock is not there/),
      },
    ]);
    expect(checkKubelet(fixtureHost(SOCKET, WATCHER))[0]?.text).toContain("plugins_registry");
  });

  it("warns of a kubelet that is too old, where a package tells", () => {
    expect(checkKubelet(fixtureHost(installed("1.25.3-00"), POOL))[1]?.status).toBe("warning");
    expect(checkKubelet(fixtureHost(installed("1.34.1-1.1"), POOL))[1]).toMatchObject({
      status: "ok",
      text: "version 1.34.1-1.1",
    });
    const there = { ...installed("1.28.0-1"), "var/lib/kubelet/plugins_registry/a": "" };
    expect(checkKubelet(fixtureHost(there, WATCHER)).map(({ status }) => status)).toEqual([
      "ok",
      "warning",
    ]);
  });
});

describe("checkIommu", () => {
  it("is a problem only where the configuration wants vfio-pci", () => {
    expect(checkIommu(fixtureHost()).map(({ status }) => status)).toEqual(["ok", "ok"]);
    expect(checkIommu(fixtureHost({}, VFIO))).toMatchObject([
      { check: "IOMMU", status: "problem", text: expect.stringContaining("policies dpdk") },
      { check: "vfio-pci", status: "problem", remedy: "modprobe vfio-pci" },
    ]);
  });

  it("finds the groups and the driver", () => {
    const tree = { "sys/kernel/iommu_groups/0/type": "", "sys/bus/pci/drivers/vfio-pci/bind": "" };
    expect(checkIommu(fixtureHost(tree, VFIO))).toMatchObject([
      { status: "ok", text: "1 group(s)" },
      { status: "ok", text: "loaded" },
    ]);
  });
});
