import { zstdDecompressSync } from "node:zlib";

/** Offsets of the boot protocol: Documentation/arch/x86/boot.rst. */
const SETUP_SECTORS = 0x1f1;
const MAGIC = 0x202;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const ZSTD = 0xfd2fb528;

/**
 * The ELF kernel inside a bzImage. QEMU starts that by its PVH note, and the guest, which is slow
 * at it, has nothing to decompress.
 * @throws Error when it is none, or compressed in another way than zstd
 */
export function extractVmlinux(image: Buffer): Buffer {
  if (image.toString("latin1", MAGIC, MAGIC + 4) !== "HdrS") throw new Error("not a bzImage");
  const start = ((image[SETUP_SECTORS] ?? 0) + 1) * 512 + image.readUInt32LE(PAYLOAD_OFFSET);
  const payload = image.subarray(start, start + image.readUInt32LE(PAYLOAD_LENGTH));
  if (payload.readUInt32LE(0) !== ZSTD) throw new Error("the kernel is not compressed by zstd");
  // The length of what comes out stands behind, as gzip has it.
  const elf = zstdDecompressSync(payload.subarray(0, -4));
  if (elf.readUInt32BE(0) !== 0x7f454c46) throw new Error("no ELF file in the bzImage");
  return elf;
}
