import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { sriovCni, sriovCniForGuests } from "./sriov-cni.ts";

afterEach(() => vi.unstubAllEnvs());

it("finds the executable that SRIOV_CNI names", () => {
  vi.stubEnv("SRIOV_CNI", process.execPath);
  expect(sriovCni()).toEqual({ path: process.execPath, lacks: "" });
});

it("says how to name one when SRIOV_CNI is not set", () => {
  vi.stubEnv("SRIOV_CNI", undefined);
  expect(sriovCni()).toEqual({
    path: "",
    lacks:
      "needs sriov-cni: name the executable of github.com/k8snetworkplumbingwg/sriov-cni in SRIOV_CNI",
  });
  expect(sriovCniForGuests()).toEqual([]);
});

it("says that what SRIOV_CNI names cannot be executed", () => {
  vi.stubEnv("SRIOV_CNI", "/no/such/sriov");
  expect(sriovCni().lacks).toBe("needs sriov-cni: SRIOV_CNI=/no/such/sriov cannot be executed");
});

it("tells a guest the whole path", () => {
  vi.stubEnv("SRIOV_CNI", "bin/sriov");
  expect(sriovCniForGuests()).toEqual([`SRIOV_CNI=${join(process.cwd(), "bin/sriov")}`]);
});
