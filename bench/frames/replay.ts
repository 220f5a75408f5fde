import { readFile } from "node:fs/promises";
import { mostBytes, mostTemplates } from "./limits.ts";
import {
  ethernetLink,
  fileHeaderBytes,
  microseconds,
  nanoseconds,
  recordHeaderBytes,
} from "./pcap.ts";
import type { FrameTemplate, Source } from "./types.ts";

const PCAPNG = 0x0a0d0d0a;
const ETHERNET_HEADER = 14;
/** In the word of the link type: frames end with their FCS. */
const FCS_FLAG = 0x0400_0000;

/**
 * Reads a capture to be replayed: its frames in their order, as fast as the generator is told. Both
 * kinds of times and both byte orders are read. What a snap length cut off is sent as zeros, at the
 * frame's whole length; checksums over it are then wrong.
 * @param source what will send the frames, and so how long they may be
 * @throws Error that names the file, the record with its offset, and what is accepted
 */
export async function readTemplates(
  path: string,
  source: Source = "skb",
): Promise<FrameTemplate[]> {
  return decodePcap(await readFile(path), path, source);
}

/** @param name of the file in errors */
export function decodePcap(
  file: Uint8Array,
  name: string,
  source: Source = "skb",
): FrameTemplate[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const little = readHeader(view, name);
  const frames: FrameTemplate[] = [];
  let at = fileHeaderBytes;
  while (at < file.length) {
    const where = `${name}: record ${frames.length + 1} at offset ${at}`;
    const { captured, length } = readRecordHeader(view, at, little, where);
    checkRecord({ captured, length }, mostBytes[source], where);
    at += recordHeaderBytes;
    frames.push({ head: new Uint8Array(file.subarray(at, at + captured)), length });
    at += captured;
  }
  const count = frames.length;
  if (count > 0 && count <= mostTemplates) return frames;
  throw new Error(`${name}: ${count} frames; expected 1 to ${mostTemplates}`);
}

/** Returns whether numbers are little-endian. */
function readHeader(view: DataView, name: string): boolean {
  if (view.byteLength < fileHeaderBytes) {
    const expected = `expected a pcap file, whose header alone has ${fileHeaderBytes}`;
    throw new Error(`${name}: ${view.byteLength} bytes; ${expected}`);
  }
  const little = readByteOrder(view, name);
  const link = view.getUint32(20, little);
  if ((link & 0xffff) !== ethernetLink) {
    const expected = `expected ${ethernetLink}, Ethernet`;
    throw new Error(`${name}: link type ${link & 0xffff} at offset 20; ${expected}`);
  }
  if (link & FCS_FLAG) {
    throw new Error(`${name}: frames end with their FCS, which a NIC adds; expected none`);
  }
  return little;
}

function readByteOrder(view: DataView, name: string): boolean {
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little);
    if (magic === microseconds || magic === nanoseconds) return little;
  }
  const magic = view.getUint32(0);
  if (magic === PCAPNG) {
    throw new Error(
      `${name}: a pcapng file; expected pcap, "editcap -F nsecpcap IN OUT" makes one`,
    );
  }
  const found = `0x${magic.toString(16).padStart(8, "0")}`;
  const expected = "expected 0xa1b2c3d4 or 0xa1b23c4d of a pcap file, in either byte order";
  throw new Error(`${name}: ${found} at offset 0; ${expected}`);
}

interface RecordHeader {
  captured: number;
  length: number;
}

function readRecordHeader(
  view: DataView,
  at: number,
  little: boolean,
  where: string,
): RecordHeader {
  const left = view.byteLength - at;
  if (left < recordHeaderBytes) {
    throw new Error(`${where}: cut off; expected ${recordHeaderBytes} bytes, ${left} are left`);
  }
  const captured = view.getUint32(at + 8, little);
  const length = view.getUint32(at + 12, little);
  if (captured > left - recordHeaderBytes) {
    const what = `expected ${captured} bytes of frame, ${left - recordHeaderBytes} are left`;
    throw new Error(`${where}: cut off; ${what}`);
  }
  return { captured, length };
}

function checkRecord({ captured, length }: RecordHeader, most: number, where: string): void {
  if (captured > length) {
    throw new Error(`${where}: ${captured} bytes captured of ${length}; expected no more than all`);
  }
  if (captured < ETHERNET_HEADER || length > most) {
    const bytes = captured < ETHERNET_HEADER ? captured : length;
    throw new Error(`${where}: ${bytes} bytes; expected ${ETHERNET_HEADER} to ${most}`);
  }
}
