import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { bareScenario } from "../fixtures/scenario.ts";
import { leftoverCgroups } from "../harness/cri/cgroups.ts";
import { whatContainerdLacks } from "../harness/cri/containerd.ts";
import { mountsOf } from "../harness/cri/mounts.ts";
import { namespaceExists } from "../harness/namespace.ts";
import { run } from "../harness/run.ts";
import { sweepLeftovers } from "../harness/sweep.ts";

const SCRIPT = fileURLToPath(new URL("../fixtures/cri-process.ts", import.meta.url));

bareScenario(
  "Of a run that was killed with containerd and pods nothing is left after the next sweep",
  { lacks: whatContainerdLacks },
  async () => {
    const child = spawn(process.execPath, [SCRIPT], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(createInterface(child.stdout), "line");
    const { dir, node, cgroup } = JSON.parse(line);
    expect(mountsBelow(dir)).not.toEqual([]);
    child.kill("SIGKILL");
    await once(child, "exit");
    await sweepLeftovers();
    expect(mountsBelow(dir)).toEqual([]);
    expect(existsSync(dir)).toBe(false);
    expect(namespaceExists(node)).toBe(false);
    expect(leftoverCgroups().map((name) => `/${name}`)).not.toContain(cgroup);
    expect((await run("pgrep", ["--full", dir])).stdout).toBe("");
  },
);

const mountsBelow = (dir: string): string[] =>
  mountsOf("self")
    .map(({ path }) => path)
    .filter((path) => path.startsWith(dir));
