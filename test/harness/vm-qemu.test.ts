import { describe, expect, it } from "vitest";
import { root } from "../../src/setup/run.mjs";
import { guestTests, hardwareOf } from "./vm-files.ts";
import { type GuestMachine, qemuCommand } from "./vm-qemu.ts";

const machine: GuestMachine = {
  files: { root: "/q", vmlinux: "/q/vmlinux", initramfs: "/q/i", about: "" },
  hardware: [],
  initramfs: "/c/initramfs",
  control: "/c",
  kernelLog: "/c/kernel.log",
  kvm: false,
  pair: null,
};

const command = (changes: Partial<GuestMachine>) =>
  qemuCommand({ ...machine, ...changes }).join(" ");

describe("qemuCommand", () => {
  it("never lets the guest write on the host but in its own directory", () => {
    const shares = qemuCommand(machine).filter((word) => word.startsWith("local,"));
    expect(shares).toEqual([
      expect.stringMatching(/path=\/,.*readonly=on/),
      expect.stringMatching(/path=\/c,.*readonly=off/),
    ]);
  });

  it("keeps a comma of a path from being an option", () => {
    expect(command({ control: "/a,readonly=on" })).toContain("path=/a,,readonly=on,security");
  });

  it("emulates unless the processor's own virtualisation is there", () => {
    expect(command({})).toContain("-accel tcg");
    expect(command({ kvm: true })).toContain("-accel kvm -cpu host");
  });

  it("adds hardware piece by piece, and the IOMMU with its kernel parameter", () => {
    expect(command({})).not.toMatch(/igb|virtio-net|iommu/);
    expect(command({ hardware: ["igb"] }).match(/-device igb,/g)).toHaveLength(2);
    const both = command({ hardware: ["virtio", "iommu"] });
    expect(both.match(/sriov-pf=virtiopf/g)).toHaveLength(4);
    expect(both).toContain("net.ifnames=0 intel_iommu=on -chardev");
    // The order counts: what is made before the IOMMU does not pass it, and a PF comes after its VFs.
    const order = ["-device intel-iommu", "sriov-pf=virtiopf", "id=virtiopf"];
    const places = order.map((device) => both.indexOf(device));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});

describe("qemuCommand of one of two guests", () => {
  const pair = { node: 1, wire: "/s/wire", shared: "/s/shared" } as const;
  const [first, second] = [pair, { ...pair, node: 2 as const }].map((one) =>
    command({ hardware: ["virtio"], pair: one }),
  );

  it("has one of them listen at the wire and the other one try until it can connect", () => {
    expect(first).toContain("stream,id=wire,server=on,addr.type=unix,addr.path=/s/wire");
    expect(second).toMatch(/stream,id=wire,server=off,reconnect-ms=\d+,.*path=\/s\/wire/);
    for (const one of [first, second]) {
      expect(one).toMatch(
        /hubport,id=virtio0,hubid=(\d) .*hubport,id=wireport,hubid=\1,netdev=wire/,
      );
    }
  });

  it("gives the NICs of the two different addresses", () => {
    const macs = [first, second].flatMap((one) => one?.match(/mac=[0-9a-f:]+/g) ?? []);
    expect(new Set(macs).size).toBe(10);
  });

  it("shares a directory that both may write", () => {
    expect(second).toMatch(/local,id=pair,path=\/s\/shared,.*readonly=off.*mount_tag=pair/);
    expect(command({ hardware: ["virtio"] })).not.toContain("pair");
  });
});

describe("guestTests", () => {
  it("puts the files of a directory into one guest with the hardware of its name", () => {
    for (const { name, hardware, guests, files } of guestTests(root, [])) {
      expect([...hardware, ...(guests === 2 ? ["pair"] : [])].join("-")).toBe(name);
      expect(files.every((file) => file.startsWith(`test/vm/${name}/`))).toBe(true);
    }
  });

  it("takes parts of paths, and boots no guest that is not asked for", () => {
    expect(guestTests(root, ["igb/native"])).toEqual([
      { name: "igb", hardware: ["igb"], guests: 1, files: ["test/vm/igb/native.test.ts"] },
    ]);
  });

  it("names the wish that no file fulfils, and the hardware that there is none", () => {
    expect(() => guestTests(root, ["igb", "nvme"])).toThrow(/^nvme: no such test; accepted/);
    expect(() => hardwareOf("igb-mlx5")).toThrow(/mlx5: accepted: iommu, igb, virtio/);
    expect(() => hardwareOf("igb-pair")).toThrow(/pair: accepted: .*with virtio "-pair"/);
  });
});
