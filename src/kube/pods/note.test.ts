import { expect, it } from "vitest";
import { ATTACHMENT, VF_ATTACHMENT } from "../../../cni/test-call.ts";
import { noteKey, noteOf } from "./note.ts";

it("a pod of the ring loop is told its network and how its port is reached", () => {
  const ports = [
    { attachment: "other:eth0", mode: "generic" as const },
    { attachment: "pod1:eth0", mode: "copy" as const },
  ];
  expect(noteOf(ATTACHMENT, ports)).toEqual({
    ...{ mode: "fastpath", network: "blue", portMode: "copy" },
  });
});

it("a pod with a VF is told which, and its pool", () => {
  const vf = { mode: "vf", pciAddress: "0000:3b:02.1", pool: "millrace.io/fast" };
  expect(noteOf(VF_ATTACHMENT, [])).toEqual(vf);
  expect(noteOf({ ...VF_ATTACHMENT, network: "lan", pool: "" }, [])).toEqual({
    ...{ mode: "vf", network: "lan", pciAddress: "0000:3b:02.1" },
  });
});

it("an interface whose name can be part of no key has no annotation", () => {
  expect(noteKey("net1")).toBe("attachment.millrace.io/net1");
  expect(noteKey("net1.100")).toBe("attachment.millrace.io/net1.100");
  for (const ifname of ["net1@x", "-net", "ü"]) expect(noteKey(ifname)).toBeNull();
});
