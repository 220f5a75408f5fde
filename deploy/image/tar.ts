/** What a layer puts at a path: a directory, a file or a symbolic link. */
export type TarEntry = { path: string; mode: number } & (
  | { kind: "directory" }
  | { kind: "file"; data: Buffer }
  | { kind: "link"; target: string }
);

const BLOCK = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const TYPES = { file: "0", link: "2", directory: "5" };

/**
 * An archive in the form "ustar" (POSIX.1-1988), everything root's and without a time, so that the
 * same content is the same archive.
 * @throws Error for a path that the form cannot hold
 */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const data = entry.kind === "file" ? entry.data : Buffer.alloc(0);
    return [header(entry, data.length), data, Buffer.alloc(padding(data.length))];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK;

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, name] = splitPath(entry.kind === "directory" ? `${entry.path}/` : entry.path);
  const put = (offset: number, text: string) => block.write(text, offset, "utf8");
  const octal = (offset: number, digits: number, value: number) =>
    put(offset, value.toString(8).padStart(digits, "0"));
  put(0, name);
  octal(100, 7, entry.mode);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, size);
  octal(136, 11, 0);
  put(156, TYPES[entry.kind]);
  if (entry.kind === "link") put(157, entry.target);
  put(257, "ustar\x0000");
  put(345, prefix);
  // The sum counts its own field as spaces.
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** A long path is divided at a slash, which neither part has. */
function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= NAME_BYTES) return ["", path];
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    const fits = Buffer.byteLength(prefix) <= PREFIX_BYTES && name !== "";
    if (fits && Buffer.byteLength(name) <= NAME_BYTES) return [prefix, name];
  }
  throw new Error(`${path}: a path in an image has at most ${PREFIX_BYTES + NAME_BYTES} bytes`);
}
