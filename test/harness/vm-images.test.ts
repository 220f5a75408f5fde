import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { ownName } from "./run-id.ts";
import { cpio, entriesBelow, executable } from "./vm-cpio.ts";
import { dependenciesOf } from "./vm-modules.ts";
import { extractVmlinux } from "./vm-vmlinux.ts";

const dir = mkdtempSync(join(tmpdir(), ownName("test", "")));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("cpio", () => {
  it("writes a member as the kernel's documentation has it, and ends at a block", () => {
    const archive = cpio([executable("init", Buffer.from("#!x"))]);
    const zero = "00000000";
    const first = [`070701${"00000001"}000081ed`, zero, zero, "00000001", zero, "00000003"];
    const rest = [zero, zero, zero, zero, "00000005", zero, "init\0\0", "#!x\0"];
    const text = archive.toString("latin1");
    expect(text.startsWith([...first, ...rest, "070701"].join(""))).toBe(true);
    expect(text).toContain("TRAILER!!!\0");
    expect(archive.length % 512).toBe(0);
  });

  it("takes a tree with directories before what is in them", () => {
    mkdirSync(join(dir, "in/lib"), { recursive: true });
    writeFileSync(join(dir, "in/lib/five"), "12345");
    const found = entriesBelow(join(dir, "in"), "x");
    expect(found.map(({ name, mode }) => `${mode.toString(8)} ${name}`)).toEqual([
      "40755 x",
      "40755 x/lib",
      "100644 x/lib/five",
    ]);
    expect(found.at(-1)?.data.toString()).toBe("12345");
  });
});

describe("extractVmlinux", () => {
  /** A bzImage with two setup sectors and the payload right behind its 16 bytes of code. */
  function bzImage(payload: Buffer): Buffer {
    const head = Buffer.alloc(3 * 512 + 16);
    head[0x1f1] = 2;
    head.write("HdrS", 0x202, "latin1");
    head.writeUInt32LE(16, 0x248);
    head.writeUInt32LE(payload.length, 0x24c);
    return Buffer.concat([head, payload, Buffer.from("what follows")]);
  }
  const elf = Buffer.concat([Buffer.from("\x7fELF"), Buffer.alloc(5000, 7)]);

  it("decompresses what the header points to", () => {
    const payload = Buffer.concat([zstdCompressSync(elf), Buffer.alloc(4)]);
    expect(extractVmlinux(bzImage(payload)).equals(elf)).toBe(true);
  });

  it("refuses what is no kernel, or compressed otherwise, or no ELF file inside", () => {
    expect(() => extractVmlinux(Buffer.alloc(2048))).toThrow("not a bzImage");
    expect(() => extractVmlinux(bzImage(Buffer.from("\x1f\x8b\b\0")))).toThrow("zstd");
    const other = Buffer.concat([zstdCompressSync(Buffer.alloc(64)), Buffer.alloc(4)]);
    expect(() => extractVmlinux(bzImage(other))).toThrow("no ELF file");
  });
});

describe("dependenciesOf", () => {
  it("reads the names from the module's own words", () => {
    const module = (depends: string) =>
      Buffer.from(`\x7fELF\0name=igb\0depends=${depends}\0vermagic=7\0`, "latin1");
    expect(dependenciesOf(module("dca,i2c-algo-bit"))).toEqual(["dca", "i2c_algo_bit"]);
    expect(dependenciesOf(module(""))).toEqual([]);
    expect(dependenciesOf(Buffer.from("softdepends=no\0"))).toEqual([]);
  });
});
