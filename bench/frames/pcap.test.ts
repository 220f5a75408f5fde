import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { must } from "../../test/harness/run.ts";
import { buildTemplates } from "./build.ts";
import { only, tsharkLacks, udp4 } from "./fixture.ts";
import { encodePcap, writePcap } from "./pcap.ts";
import { decodePcap, readTemplates } from "./replay.ts";
import type { FrameTemplate } from "./types.ts";

const frame = fc
  .tuple(fc.uint8Array({ minLength: 14, maxLength: 300 }), fc.nat(3000))
  .map(([head, more]): FrameTemplate => ({ head, length: head.length + more }));
const frames = fc.array(frame, { minLength: 1, maxLength: 20 });

/** The same file with the bytes of every number turned round, and times in microseconds. */
function bigEndian(file: Buffer): Buffer {
  const other = Buffer.from(file);
  other.writeUInt32BE(0xa1b2c3d4, 0);
  other.subarray(4, 8).swap16();
  other.subarray(8, 24).swap32();
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    other.subarray(at, at + 16).swap32();
  }
  return other;
}

describe("pcap files", () => {
  it("are read back as they were written", () => {
    fc.assert(
      fc.property(frames, (all) => {
        expect(decodePcap(encodePcap(all), "f")).toEqual(all);
      }),
    );
  });

  it("are read in the other byte order and unit of time", () => {
    fc.assert(
      fc.property(frames, (all) => {
        expect(decodePcap(bigEndian(encodePcap(all)), "f")).toEqual(all);
      }),
    );
  });

  it("are refused wherever they are cut off, unless between two records", () => {
    fc.assert(
      fc.property(
        frames,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (all, part) => {
          const file = encodePcap(all);
          const end = Math.floor(file.length * part);
          const ends = all.map((_, i) => encodePcap(all.slice(0, i + 1)).length);
          const read = () => decodePcap(file.subarray(0, end), "f");
          if (ends.includes(end)) expect(read()).toHaveLength(ends.indexOf(end) + 1);
          else expect(read).toThrow(/^f: /);
        },
      ),
    );
  });

  it("are opened by tshark, whole lengths and all", async (context) => {
    const lacks = await tsharkLacks();
    context.skip(lacks !== "", lacks);
    await inFile(buildTemplates(udp4, [], only(1518)), async (path) => {
      const fields = ["frame.len", "frame.cap_len", "frame.encap_type", "frame.time_epoch"];
      const args = ["-T", "fields", ...fields.flatMap((field) => ["-e", field])];
      expect(await must("tshark", ["-r", path, ...args])).toBe("1514\t60\t1\t0.000000000\n");
      expect(await readTemplates(path)).toEqual(buildTemplates(udp4, [], only(1518)));
    });
  });
});

async function inFile(all: FrameTemplate[], use: (path: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "mr-pcap-"));
  try {
    await writePcap(join(dir, "frames.pcap"), all);
    await use(join(dir, "frames.pcap"));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
