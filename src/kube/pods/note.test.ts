import { expect, it } from "vitest";
import { ATTACHMENT, VF_ATTACHMENT } from "../../../cni/test-call.ts";
import type { PortMode } from "../../dataplane/native.ts";
import { noteKey, noteOf } from "./note.ts";

const noPort = () => null;

it("a pod of the ring loop is told its network and how its port is reached", () => {
  const modes: Record<string, PortMode> = { "other:eth0": "generic", "pod1:eth0": "copy" };
  expect(noteOf(ATTACHMENT, (key) => modes[key] ?? null)).toEqual({
    ...{ mode: "fastpath", network: "blue", portMode: "copy" },
  });
});

it("a pod with a VF is told which, and its pool", () => {
  const vf = { mode: "vf", pciAddress: "0000:3b:02.1", pool: "millrace.io/fast" };
  expect(noteOf(VF_ATTACHMENT, noPort)).toEqual(vf);
  expect(noteOf({ ...VF_ATTACHMENT, network: "lan", pool: "" }, noPort)).toEqual({
    ...{ mode: "vf", network: "lan", pciAddress: "0000:3b:02.1" },
  });
});

it("an interface whose name can be part of no key has no annotation", () => {
  expect(noteKey("net1")).toBe("attachment.millrace.io/net1");
  expect(noteKey("net1.100")).toBe("attachment.millrace.io/net1.100");
  for (const ifname of ["net1@x", "-net", "ü"]) expect(noteKey(ifname)).toBeNull();
});
