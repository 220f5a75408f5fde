import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { ATTACHMENT_MARK } from "./call.ts";
import { awaitOrphans } from "./orphans.ts";

async function orphan(key: string, seconds: string) {
  const env = { PATH: process.env["PATH"] ?? "", [ATTACHMENT_MARK]: key };
  const child = spawn("sleep", [seconds], { env, stdio: "ignore", detached: true });
  const ended = once(child, "exit");
  await once(child, "spawn");
  return { child, ended };
}

it("waits for the end of plugins of that attachment, and for no others", async () => {
  const key = `orphan${process.pid}:eth0`;
  const other = await orphan(`${key}x`, "30");
  const { child } = await orphan(key, "0.3");
  await awaitOrphans(key);
  expect(child.exitCode ?? (await once(child, "exit"))[0]).toBe(0);
  expect(other.child.exitCode).toBeNull();
  other.child.kill();
  await other.ended;
});

it("leaves what a plugin has left in the background", async () => {
  const key = `daemon${process.pid}:eth0`;
  const env = { PATH: process.env["PATH"] ?? "", [ATTACHMENT_MARK]: key };
  const command = ["-c", "sleep 30 & echo $!"];
  const plugin = spawn("sh", command, { env, stdio: ["ignore", "pipe", "ignore"], detached: true });
  const [line] = await once(plugin.stdout, "data");
  await awaitOrphans(key, 500);
  const daemon = Number(line);
  expect(process.kill(daemon, "SIGTERM")).toBe(true);
});

it("kills those that hang", async () => {
  const key = `hangs${process.pid}:eth0`;
  const { ended } = await orphan(key, "30");
  expect(await awaitOrphans(key, 100)).toEqual([]);
  expect(await ended).toEqual([null, "SIGKILL"]);
});

it("gives up on those that are there again after each kill, and names them", async () => {
  const key = `back${process.pid}:eth0`;
  const orphans = [await orphan(key, "30")];
  // More than one for each look.
  const timer = setInterval(async () => orphans.push(await orphan(key, "30")), 5);
  const started = performance.now();
  const left = await awaitOrphans(key, 100, 200);
  clearInterval(timer);
  expect(performance.now() - started).toBeGreaterThan(300);
  expect(left).not.toEqual([]);
  expect(orphans.map(({ child }) => child.pid)).toEqual(expect.arrayContaining(left));
  expect(await awaitOrphans(key, 0)).toEqual([]);
  await Promise.all(orphans.map(({ ended }) => ended));
});
