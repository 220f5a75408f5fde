import { endianness } from "node:os";

/** What a kernel looks at before it executes an ELF file (elf(5)). */
export interface ElfFacts {
  /** As process.arch: "x64". */
  machine: string;
  /** Path of the dynamic loader; "" for none. */
  loader: string;
}

const MAGIC = Buffer.from("\x7fELF", "latin1");
const HEADER_BYTES = 64;
const PT_INTERP = 3;

/** e_machine by process.arch. */
const MACHINES: Readonly<Record<number, string>> = {
  3: "ia32",
  21: "ppc64",
  22: "s390x",
  40: "arm",
  62: "x64",
  183: "arm64",
  243: "riscv64",
  258: "loong64",
};

export const isElf = (content: Buffer): boolean => content.subarray(0, 4).equals(MAGIC);

/** Reads the header of an ELF file; what is cut off reads as a file for no machine. */
export function readElf(content: Buffer): ElfFacts {
  if (content.length < HEADER_BYTES) return { machine: "nothing: it is cut off", loader: "" };
  const little = content[5] === 1;
  if (little !== (endianness() === "LE")) return { machine: "the other byte order", loader: "" };
  const number = little ? content.readUInt16LE(18) : content.readUInt16BE(18);
  const machine = MACHINES[number] ?? `machine ${number}`;
  // Other word sizes are other machines in all that we run on.
  return { machine, loader: machine === process.arch && little ? loaderOf(content) : "" };
}

function loaderOf(content: Buffer): string {
  const table = Number(content.readBigUInt64LE(32));
  const size = content.readUInt16LE(54);
  const count = content.readUInt16LE(56);
  for (let i = 0; i < count; i++) {
    const at = table + i * size;
    if (at + 40 > content.length || content.readUInt32LE(at) !== PT_INTERP) continue;
    const from = Number(content.readBigUInt64LE(at + 8));
    const length = Number(content.readBigUInt64LE(at + 32));
    return content.toString("latin1", from, from + length).replace(/\0.*$/s, "");
  }
  return "";
}
