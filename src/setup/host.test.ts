import { describe, expect, it } from "vitest";
import { atLeast, judgeHost, readHost } from "./host.mjs";

const good = {
  platform: "linux",
  node: "18.20.4",
  kernel: "6.1.0-28-amd64",
  afXdp: true,
  root: true,
  capabilities: 0x1ffffffffffn,
};

describe("judgeHost", () => {
  it("finds nothing wrong with root on a current Debian", () => {
    for (const purpose of ["build", "demo", "test", "vm", "kube", "bench"] as const) {
      expect(judgeHost(good, purpose)).toEqual([]);
    }
  });

  it("stops everything on another operating system, with one problem", () => {
    const problems = judgeHost({ ...good, platform: "darwin", afXdp: false }, "build");
    expect(problems).toEqual([expect.objectContaining({ fatal: true })]);
    expect(problems[0]?.what).toContain("darwin");
  });

  it("stops the demo of an ordinary user, and says what works all the same", () => {
    const [problem] = judgeHost({ ...good, root: false, capabilities: 0n }, "demo");
    expect(problem).toMatchObject({ fatal: true, remedy: expect.stringContaining("sudo") });
    expect(problem?.what).toContain("CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN");
    expect(problem?.still).toContain("--only native,sanitize,unit");
  });

  it("lets an ordinary user test with limits and build without a word", () => {
    const user = { ...good, root: false, capabilities: 0n };
    expect(judgeHost(user, "test")).toEqual([expect.objectContaining({ fatal: false })]);
    expect(judgeHost(user, "build")).toEqual([]);
  });

  it("asks of a machine for guests neither root nor AF_XDP, but the new Node", () => {
    const bare = { ...good, root: false, capabilities: 0n, afXdp: false, kernel: "5.4.0" };
    expect(judgeHost(bare, "vm")).toEqual([]);
    expect(judgeHost({ ...bare, node: "16.0.0" }, "vm")).toEqual([
      expect.objectContaining({ fatal: true }),
    ]);
  });

  it("tells root in a container apart from an ordinary user", () => {
    // CAP_NET_RAW without CAP_NET_ADMIN and CAP_SYS_ADMIN, as container runtimes grant it.
    const [problem] = judgeHost({ ...good, capabilities: 0xa80425fbn }, "demo");
    expect(problem?.what).toContain("root here lacks CAP_NET_ADMIN, CAP_SYS_ADMIN,");
    expect(problem?.remedy).toContain("--privileged");
  });

  it("names the kernel version that is too old", () => {
    const [problem] = judgeHost({ ...good, kernel: "5.10.0-9-amd64" }, "demo");
    expect(problem?.what).toContain(">= 5.11; this is 5.10.0-9-amd64");
  });

  it("names the kernel option when AF_XDP is not built in", () => {
    const [problem] = judgeHost({ ...good, afXdp: false }, "test");
    expect(problem).toMatchObject({
      fatal: false,
      remedy: expect.stringContaining("CONFIG_XDP_SOCKETS"),
    });
  });
});

describe("atLeast", () => {
  it.each([
    ["6.1.0-28-amd64", [5, 11], true],
    ["5.11.0", [5, 11], true],
    ["5.9.1", [5, 11], false],
    ["24.21.0", [24, 0], true],
    ["20.20.2", [24, 0], false],
    ["", [24, 0], false],
  ])("judges %s against %j as %s", (version, minimum, expected) => {
    expect(atLeast(version, minimum)).toBe(expected);
  });
});

describe("readHost", () => {
  it("describes the machine it runs on", () => {
    const host = readHost();
    expect(host.platform).toBe(process.platform);
    expect(host.root).toBe(process.getuid?.() === 0);
    expect(host.kernel).toMatch(/^\d+\.\d+/);
  });
});
