/** One's complement sum of 16-bit words, big-endian (RFC 1071). @param end bytes from start are even */
export function sumWords(frame: DataView, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at += 2) sum += frame.getUint16(at);
  return sum;
}

/** The checksum of a sum of less than 65536 words. */
export function checksumOf(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}
