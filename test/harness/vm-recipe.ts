import { createHash } from "node:crypto";

/** Where the packages come from: the first Debian with a QEMU whose virtio-net has SR-IOV. */
export const SUITES = ["trixie", "trixie-backports"] as const;
export const MINIMUM = { qemu: [11, 0], kernel: [7, 0] } as const;

/** QEMU comes with every library it needs: it is newer than those of the machine. */
export const PACKAGES = ["qemu-system-x86", "busybox-static"] as const;

/** What the guest's programs may ask for; modules that these depend on follow by themselves. */
export const MODULES = [
  ["9p", "9pnet_virtio", "overlay", "virtio_net", "igb", "igbvf"],
  ["vfio", "vfio-pci", "vfio_iommu_type1"],
  ["veth", "vxlan", "bridge", "dummy", "tun", "vrf", "8021q", "macvlan", "ifb"],
  ["sch_ingress", "cls_bpf", "cls_matchall", "act_mirred", "xsk_diag", "psample"],
].flat();

/** Of the unpacked packages, what QEMU and the initramfs need. */
export const KEPT = [
  ["usr/bin/qemu-system-x86_64", "usr/bin/busybox", "usr/lib64", "usr/lib/x86_64-linux-gnu"],
  ["usr/share/qemu", "usr/share/seabios"],
].flat();

/** Counts up when what is made of the same packages becomes another. */
const FORM = 1;

/** Differs for whatever would be prepared differently, so that checkouts of two ages share a cache. */
export function recipeId(): string {
  const all = JSON.stringify([FORM, SUITES, PACKAGES, MODULES, KEPT]);
  return createHash("sha256").update(all).digest("hex").slice(0, 12);
}
