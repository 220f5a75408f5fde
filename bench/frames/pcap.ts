import { writeFile } from "node:fs/promises";
import type { FrameTemplate } from "./types.ts";

/** Bytes of the header of a file and of each record. */
export const fileHeaderBytes = 24;
export const recordHeaderBytes = 16;
/** Magic numbers: times in microseconds, and in nanoseconds. */
export const microseconds = 0xa1b2c3d4;
export const nanoseconds = 0xa1b23c4d;
/** LINKTYPE_ETHERNET. */
export const ethernetLink = 1;

/** Longest record that tcpdump and Wireshark take. */
const SNAP_LENGTH = 262_144;

/**
 * Writes frames to a pcap file, which the generator plays and Wireshark opens. A record holds the
 * head of a frame and tells its whole length, as if the rest had not been captured; times are 0.
 * @throws Error when the file cannot be written
 */
export async function writePcap(path: string, frames: readonly FrameTemplate[]): Promise<void> {
  await writeFile(path, encodePcap(frames));
}

/** The bytes of the file, little-endian. */
export function encodePcap(frames: readonly FrameTemplate[]): Buffer {
  const heads = frames.reduce((sum, { head }) => sum + head.length, 0);
  const file = Buffer.alloc(fileHeaderBytes + frames.length * recordHeaderBytes + heads);
  file.writeUInt32LE(nanoseconds, 0);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(SNAP_LENGTH, 16);
  file.writeUInt32LE(ethernetLink, 20);
  let at = fileHeaderBytes;
  for (const { head, length } of frames) {
    file.writeUInt32LE(head.length, at + 8);
    file.writeUInt32LE(length, at + 12);
    file.set(head, at + recordHeaderBytes);
    at += recordHeaderBytes + head.length;
  }
  return file;
}
