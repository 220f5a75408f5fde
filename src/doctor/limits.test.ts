import { describe, expect, it } from "vitest";
import type { Finding } from "./finding.ts";
import { fixtureHost, type Tree } from "./fixture.ts";
import { checkLimits } from "./limits.ts";

const NO_CAPABILITIES: Tree = { "proc/self/status": "CapEff:\t0000000000000000\n" };
const FREE = "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";

function find(check: string, tree: Tree, yaml = ""): Finding | undefined {
  return checkLimits(fixtureHost(tree, yaml)).find((finding) => finding.check === check);
}

describe("checkLimits", () => {
  it("finds nothing wrong as root with free hugepages", () => {
    const statuses = checkLimits(fixtureHost()).map(({ status }) => status);
    expect(statuses).toEqual(["ok", "ok", "ok"]);
  });

  it("names missing capabilities and what each is for", () => {
    const finding = find("capabilities", NO_CAPABILITIES);
    expect(finding?.status).toBe("problem");
    expect(finding?.text).toContain("CAP_NET_ADMIN (create links and attach XDP programs)");
  });

  it("warns of too few hugepages with the number to set", () => {
    const yaml = "dataplane: {frames: 16384, frameSize: 4096}"; // 64 MiB: 32 pages
    expect(find("hugepages", { [FREE]: "2\n" }, yaml)).toMatchObject({
      status: "warning",
      text: expect.stringContaining("2 of 2 MiB free, 32 needed"),
      remedy: "sysctl -w vm.nr_hugepages=94",
    });
  });

  it("counts hugepages for every worker", () => {
    const yaml = "dataplane: {cpus: [0, 1], frames: 16384, frameSize: 2048}";
    expect(find("hugepages", { [FREE]: "31\n" }, yaml)?.status).toBe("warning");
    expect(find("hugepages", { [FREE]: "32\n" }, yaml)?.status).toBe("ok");
  });

  it("makes it a problem when hugepages are required, and nothing when they are off", () => {
    const tree = { [FREE]: "0\n" };
    expect(find("hugepages", tree, "dataplane: {hugepages: require}")?.status).toBe("problem");
    expect(find("hugepages", tree, "dataplane: {hugepages: 'off'}")?.status).toBe("ok");
  });

  it("compares the memlock limit with the UMEM when CAP_IPC_LOCK is missing", () => {
    expect(find("locked memory", NO_CAPABILITIES)).toMatchObject({
      status: "problem",
      text: expect.stringContaining("limit 8.00 MiB"),
    });
    const limits = "Max locked memory         unlimited    unlimited    bytes\n";
    const unlimited = { ...NO_CAPABILITIES, "proc/self/limits": limits };
    expect(find("locked memory", unlimited)?.status).toBe("ok");
  });
});
