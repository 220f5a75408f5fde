const SI = ["", "k", "M", "G", "T", "P"];
const BINARY = ["", "Ki", "Mi", "Gi", "Ti"];

/** 1234567 as "1.23 M"; three significant digits, SI prefixes. */
export function formatCount(value: number): string {
  return scale(value, 1000, SI);
}

/** Bytes with binary prefixes: 33554432 as "32.0 MiB". */
export function formatBytes(bytes: number): string {
  return `${scale(bytes, 1024, BINARY)}B`;
}

/** Bits per second from bytes per second: "7.40 Gbit/s". */
export function formatBitRate(bytesPerSecond: number): string {
  return `${scale(bytesPerSecond * 8, 1000, SI)}bit/s`;
}

/** Packets per second: "1.20 Mpps". */
export function formatPacketRate(packetsPerSecond: number): string {
  return `${scale(packetsPerSecond, 1000, SI)}pps`;
}

/** Seconds as the two largest units: "3 d 4 h", "5 min 2 s", "41 s". */
export function formatDuration(seconds: number): string {
  const whole = Math.floor(seconds);
  const units: [number, string][] = [
    [Math.floor(whole / 86400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const first = units.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

function scale(value: number, base: number, prefixes: readonly string[]): string {
  let power = 0;
  let scaled = value;
  while (Math.abs(scaled) >= base && power < prefixes.length - 1) {
    scaled /= base;
    power++;
  }
  const digits =
    power === 0 && Number.isInteger(scaled) ? 0 : scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${prefixes[power]}`;
}
