import { describe, expect, it } from "vitest";
import { encodePcap } from "./pcap.ts";
import { decodePcap, readTemplates } from "./replay.ts";

const frame = (captured: number, length = captured) => ({ head: new Uint8Array(captured), length });
const three = () => encodePcap([frame(60), frame(60), frame(60)]);
/** A file with one 32-bit number changed. */
const patched = (offset: number, value: number) => {
  const file = three();
  file.writeUInt32LE(value, offset);
  return file;
};

describe("a capture is refused when", () => {
  it.each<[string, Uint8Array, string]>([
    [
      "it is no file of that kind",
      Buffer.alloc(24, "text"),
      "f.pcap: 0x74657874 at offset 0; expected 0xa1b2c3d4 or 0xa1b23c4d of a pcap file, in either byte order",
    ],
    [
      "it is pcapng",
      patched(0, 0x0a0d0d0a),
      'f.pcap: a pcapng file; expected pcap, "editcap -F nsecpcap IN OUT" makes one',
    ],
    [
      "it is empty",
      new Uint8Array(0),
      "f.pcap: 0 bytes; expected a pcap file, whose header alone has 24",
    ],
    ["it has no frame", encodePcap([]), "f.pcap: 0 frames; expected 1 to 131072"],
    [
      "it has too many frames",
      encodePcap(Array.from({ length: 131_073 }, () => frame(14))),
      "f.pcap: 131073 frames; expected 1 to 131072",
    ],
    [
      "it is not of Ethernet",
      patched(20, 113),
      "f.pcap: link type 113 at offset 20; expected 1, Ethernet",
    ],
    [
      "frames end with their FCS",
      patched(20, 0x2400_0001),
      "f.pcap: frames end with their FCS, which a NIC adds; expected none",
    ],
    [
      "a record header is cut off",
      three().subarray(0, 24 + 76 + 5),
      "f.pcap: record 2 at offset 100: cut off; expected 16 bytes, 5 are left",
    ],
    [
      "a frame is cut off",
      three().subarray(0, 24 + 3 * 76 - 1),
      "f.pcap: record 3 at offset 176: cut off; expected 60 bytes of frame, 59 are left",
    ],
    [
      "a record claims more than was on the interface",
      patched(100 + 12, 59),
      "f.pcap: record 2 at offset 100: 60 bytes captured of 59; expected no more than all",
    ],
    [
      "a frame has no Ethernet header",
      encodePcap([frame(60), frame(13)]),
      "f.pcap: record 2 at offset 100: 13 bytes; expected 14 to 4096",
    ],
    [
      "a snap length left no Ethernet header",
      encodePcap([frame(8, 64)]),
      "f.pcap: record 1 at offset 24: 8 bytes; expected 14 to 4096",
    ],
    [
      "a frame is too long",
      encodePcap([frame(60, 4097)]),
      "f.pcap: record 1 at offset 24: 4097 bytes; expected 14 to 4096",
    ],
  ])("%s", (_, file, message) => {
    expect(() => decodePcap(file, "f.pcap")).toThrow(new Error(message));
  });

  it("a live frame cannot be as long", () => {
    const file = encodePcap([frame(60, 3393)]);
    expect(decodePcap(file, "f.pcap", "skb")).toHaveLength(1);
    expect(() => decodePcap(file, "f.pcap", "frame")).toThrow("3393 bytes; expected 14 to 3392");
  });

  it("there is none", async () => {
    await expect(readTemplates("/nowhere/f.pcap")).rejects.toThrow("/nowhere/f.pcap");
  });
});

it("frames cut by a snap length keep their length", () => {
  expect(decodePcap(encodePcap([frame(60, 1514)]), "f.pcap")).toEqual([frame(60, 1514)]);
});
