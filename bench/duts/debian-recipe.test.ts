import { expect, test } from "vitest";
import { packagesToFetch, pluginPackages } from "./debian-recipe.ts";

const inst = (name: string, version: string) =>
  `Inst ${name} (${version} Debian:unstable [amd64])\n`;
const all = (xdpTools: string) =>
  [inst("libc6", "2.43-7"), inst("less", "710-1"), inst("librte-eal26", "25.11.4-1")].join("") +
  inst("xdp-tools", xdpTools) +
  inst("grout", "0.19.3-1");

test("the plugins are those of the DPDK that grout is linked with", () => {
  expect(pluginPackages(all("1.6.3-1"))).toContain("librte-net-af-xdp26");
  expect(() => pluginPackages(inst("grout", "2.0-1"))).toThrow("grout: depends on no librte-eal");
});

test("each package is fetched in the version that was resolved, but for what nobody needs", () => {
  const { versions, fetch } = packagesToFetch(all("1.6.3-1"));
  expect(fetch).toEqual([
    "libc6=2.43-7",
    "librte-eal26=25.11.4-1",
    "xdp-tools=1.6.3-1",
    "grout=0.19.3-1",
  ]);
  expect(versions.get("xdp-tools")).toBe("1.6.3-1");
});

test("a program that is too old is refused with the version there is", () => {
  expect(() => packagesToFetch(all("1.4.9-1"))).toThrow(
    "xdp-tools >= 1.5: sid of the mirror has 1.4.9-1",
  );
  expect(() => packagesToFetch("")).toThrow("xdp-tools >= 1.5: sid of the mirror has none");
});
