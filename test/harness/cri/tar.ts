export interface TarEntry {
  /** Relative; a directory's ends with a slash. */
  name: string;
  data: Buffer;
}

const BLOCK = 512;
const MODE = 0o755;
const SPACES = " ".repeat(8);

/** An archive of the form "ustar" (POSIX.1-1988); all in it is root's and may be executed. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const members = entries.flatMap(({ name, data }) => [header(name, data.length), padded(data)]);
  return Buffer.concat([...members, Buffer.alloc(2 * BLOCK)]);
}

function header(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name}: at most 100 bytes fit in a header`);
  const type = name.endsWith("/") ? "5" : "0";
  const numbers = [octal(MODE, 8), octal(0, 8), octal(0, 8), octal(size, 12), octal(0, 12)];
  const front = [name.padEnd(100, "\0"), ...numbers].join("");
  const back = `${type}${"\0".repeat(100)}ustar\x0000`;
  // The checksum is that of a header with spaces in its place.
  const sum = Buffer.from(front + SPACES + back).reduce((total, byte) => total + byte, 0);
  return padded(Buffer.from(`${front}${sum.toString(8).padStart(6, "0")}\0 ${back}`));
}

const octal = (value: number, width: number): string =>
  `${value.toString(8).padStart(width - 1, "0")}\0`;

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}
