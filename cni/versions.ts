/** Versions of the CNI spec this plugin speaks, oldest first. */
export const SUPPORTED_VERSIONS = [
  "0.1.0",
  "0.2.0",
  "0.3.0",
  "0.3.1",
  "0.4.0",
  "1.0.0",
  "1.1.0",
] as const;
export type CniVersion = (typeof SUPPORTED_VERSIONS)[number];

/** What a configuration without cniVersion means. */
export const OLDEST_VERSION = "0.1.0" satisfies CniVersion;
export const NEWEST_VERSION = "1.1.0" satisfies CniVersion;

export function isSupported(version: unknown): version is CniVersion {
  return (SUPPORTED_VERSIONS as readonly unknown[]).includes(version);
}

/** True when `version` is `least` or newer. */
export function atLeast(version: CniVersion, least: CniVersion): boolean {
  return SUPPORTED_VERSIONS.indexOf(version) >= SUPPORTED_VERSIONS.indexOf(least);
}
