import { readFileSync } from "node:fs";
import { run } from "../../test/harness/run.ts";

const root = new URL("../../", import.meta.url);

/** Version of Millrace with the commit, "+" behind it when files differ from it. */
export async function versionText(): Promise<string> {
  const file = readFileSync(new URL("package.json", root), "utf8");
  const { version } = JSON.parse(file) as { version: string };
  const args = ["-C", root.pathname, "describe", "--always", "--exclude=*", "--dirty=+"];
  // A checkout without git, or without a history, is none to fail for.
  const commit = await run("git", args).catch(() => null);
  return commit?.exitCode === 0 ? `${version} (${commit.stdout.trim()})` : version;
}
