import { fieldOf, type Root, readTrimmed } from "./machine-files.ts";

const DMI = "sys/class/dmi/id";

/** Clocks that only exist inside one kind of hypervisor. */
const CLOCKS: readonly (readonly [RegExp, string])[] = [
  [/\bkvm-clock\b/, "KVM"],
  [/\bhyperv/, "Hyper-V"],
  [/\bxen\b/, "Xen"],
];

/** Vendors and products that are machines in software only. */
const MAKERS = /QEMU|KVM|VMware|VirtualBox|innotek|Xen|Bochs|Parallels|OpenStack|BHYVE/i;

/** Kind of virtual machine, as "KVM (Amazon EC2 m7a.large)"; "none" on bare metal. */
export function readVirtualization(root: Root): string {
  const maker = ["sys_vendor", "product_name"]
    .map((name) => readTrimmed(root, `${DMI}/${name}`))
    .filter((text) => text)
    .join(" ");
  if (!isGuest(root, maker)) return "none";
  const kind = kindOf(root);
  if (kind === undefined) return maker || "virtual machine";
  return maker === "" ? kind : `${kind} (${maker})`;
}

/** Clouds put their name into DMI on bare metal too, so the CPU is asked first where it can tell. */
function isGuest(root: Root, maker: string): boolean {
  const flags = fieldOf(readTrimmed(root, "proc/cpuinfo") ?? "", "flags");
  if (flags !== undefined) return /\bhypervisor\b/.test(flags);
  return deviceTree(root) !== undefined || xen(root) !== undefined || MAKERS.test(maker);
}

function kindOf(root: Root): string | undefined {
  const clocks = readTrimmed(
    root,
    "sys/devices/system/clocksource/clocksource0/available_clocksource",
  );
  const byClock = CLOCKS.find(([pattern]) => pattern.test(clocks ?? ""))?.[1];
  return xen(root) ?? byClock ?? deviceTree(root);
}

function xen(root: Root): string | undefined {
  return readTrimmed(root, "sys/hypervisor/type");
}

function deviceTree(root: Root): string | undefined {
  return readTrimmed(root, "proc/device-tree/hypervisor/compatible");
}
