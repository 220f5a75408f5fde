import { expect, it } from "vitest";
import { aPf, aVf } from "../../sriov/fixtures/functions.ts";
import { lines } from "./fixture.ts";
import { renderVfs } from "./vf.ts";

it("VFs are shown below their PFs, with what is known of them", () => {
  const vfs = [aVf(0, { xdpFeatures: ["basic", "xsk-zerocopy"] }), aVf(1, { driver: "vfio-pci" })];
  const shown = lines(renderVfs([aPf({ vfs }), aPf({ address: "0000:3b:00.0", ifname: "" })]));
  expect(shown[0]).toBe("ens1f0 (0000:01:00.0): igb, 2 of 7 VFs");
  expect(shown[1]).toBe("0000:3b:00.0: igb, 0 of 7 VFs");
  expect(shown.join("\n")).toMatch(/0000:01:10\.0\s+ens1f0\s+0\s+igbvf\s.*offered/);
  expect(shown.join("\n")).toMatch(/0000:01:10\.2\s+ens1f0\s+1\s+vfio-pci/);
});

it("a node without SR-IOV says so", () => {
  expect(renderVfs([])).toBe("no NIC of this node has virtual functions\n");
});
