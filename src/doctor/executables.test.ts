import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkExecutables } from "./executables.ts";
import { BIN, CONF, conflist, executable, fixtureHost, type Tree } from "./fixture.ts";

const OWN = `${BIN}/millrace`;
const found = (tree: Tree) => checkExecutables(fixtureHost(tree));
const script = (interpreter: string) => ({ text: `#!${interpreter}\n`, mode: 0o755 });

describe("checkExecutables", () => {
  it("finds nothing wrong with an executable for this machine", () => {
    expect(found({})).toMatchObject([{ status: "ok", text: expect.stringMatching(/millrace$/) }]);
  });

  it.each([
    ["that is not executable", { ...executable(), mode: 0o644 }, /is not executable, but 10-mill/],
    ["that is empty", { text: "", mode: 0o755 }, /is empty/],
    ["for another machine", executable(243), /is for riscv64, not /],
    ["that is cut off", { text: "\x7fELF\x02\x01", mode: 0o755 }, /cut off/],
    ["that is neither ELF nor script", { text: "hello", mode: 0o755 }, /neither an ELF executable/],
    ["whose interpreter is missing", script("/bin/bash"), /the interpreter \/bin\/bash, which is/],
    ["whose dynamic loader is missing", dynamic("/lib/ld-musl.so.1"), /the loader \/lib\/ld-musl/],
  ])("calls an executable %s a problem", (_, file, text) => {
    expect(found({ [OWN]: file })).toMatchObject([
      { status: "problem", text: expect.stringMatching(text), remedy: expect.anything() },
    ]);
  });

  it("takes scripts and dynamic executables that have what they need", () => {
    const there = { "bin/sh": "", "lib/ld.so": "" };
    expect(found({ ...there, [OWN]: script(" /bin/sh -e") })[0]?.status).toBe("ok");
    expect(found({ ...there, [OWN]: dynamic("/lib/ld.so") })[0]?.status).toBe("ok");
  });

  it("sees a filesystem that nothing is executed from", () => {
    const host = fixtureHost();
    const mounts = `/dev/x / ext4 rw 0 0\ntmpfs ${host.root} tmpfs rw,nosuid,noexec 0 0\n`;
    writeFileSync(join(host.proc, "mounts"), mounts);
    expect(checkExecutables(host)).toMatchObject([
      { status: "problem", remedy: expect.stringContaining(`remount,exec ${host.root}`) },
    ]);
    writeFileSync(join(host.proc, "mounts"), `${mounts}tmpfs ${host.binDirs[0]} tmpfs rw 0 0\n`);
    expect(checkExecutables(host)[0]?.status).toBe("ok");
  });

  it("looks for plugins and for those that give addresses, in every directory", () => {
    const list = { name: "x", plugins: [{ type: "millrace", ipam: { type: "host-local" } }] };
    const tree = { [`${CONF}/10-millrace.conflist`]: JSON.stringify(list) };
    expect(found(tree)[1]).toMatchObject({
      status: "problem",
      text: expect.stringMatching(/host-local is missing, but 10-millrace\.conflist names it$/),
    });
    const host = fixtureHost({ ...tree, "usr/lib/cni/host-local": executable() });
    const binDirs = [...host.binDirs, join(host.root, "usr/lib/cni")];
    expect(checkExecutables({ ...host, binDirs })).toHaveLength(1);
  });

  it("takes the first file of a name, as libcni does, though a later one could be executed", () => {
    const host = fixtureHost({ [OWN]: { text: "", mode: 0o644 }, "more/millrace": executable() });
    const binDirs = [...host.binDirs, join(host.root, "more")];
    expect(checkExecutables({ ...host, binDirs })[0]?.status).toBe("problem");
  });

  it("looks only once for ours where it gives the addresses too", () => {
    const list = { name: "x", plugins: [{ type: "millrace", ipam: { type: "millrace" } }] };
    expect(found({ [`${CONF}/10-millrace.conflist`]: JSON.stringify(list) })).toHaveLength(1);
  });

  it("only warns when the file that names it is not used", () => {
    expect(found({ [`${CONF}/20-other.conflist`]: conflist("bridge") })[1]).toMatchObject({
      status: "warning",
      remedy: expect.stringContaining("containernetworking-plugins"),
    });
    const unused = { [`${CONF}/10-millrace.conflist`]: "{}" };
    const [missing] = checkExecutables({ ...fixtureHost(unused), binDirs: ["/nowhere"] });
    expect(missing).toMatchObject({ status: "warning", text: "/nowhere/millrace is missing" });
  });

  it("refuses a type that is a path", () => {
    const [, finding] = found({ [`${CONF}/05-x.conflist`]: conflist("/bin/true") });
    expect(finding).toMatchObject({
      status: "problem",
      text: expect.stringContaining("no file name"),
    });
  });

  it("compares ours with the one of this version, where that is at hand", () => {
    expect(found({ "build/millrace": executable() })[1]?.text).toContain("the one of this version");
    expect(found({ "build/millrace": executable(3) })[1]).toMatchObject({
      status: "warning",
      text: expect.stringContaining("is not the one of this version"),
      remedy: expect.stringMatching(/^millrace install --no-conflist --bin-dir .*\/opt\/cni\/bin$/),
    });
  });
});

/** An executable for this machine with one program header: its dynamic loader. */
function dynamic(loader: string) {
  const { text: header, mode } = executable();
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  const interp = Buffer.alloc(56);
  interp.writeUInt32LE(3, 0);
  interp.writeBigUInt64LE(120n, 8);
  interp.writeBigUInt64LE(BigInt(loader.length + 1), 32);
  return { text: Buffer.concat([header, interp, Buffer.from(`${loader}\0`)]), mode };
}
