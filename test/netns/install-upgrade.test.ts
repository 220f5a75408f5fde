import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type InstallOptions, install } from "../../src/install/install.ts";
import { uninstall } from "../../src/install/uninstall.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustReach } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { mustCni } from "../harness/cni-call.ts";
import { CNI_EXECUTABLE } from "../harness/paths.ts";

const REINSTALLS = 200;

scenario(
  "no call of a runtime fails while the executable is replaced 200 times",
  { timeoutMs: 120_000 },
  async (lab) => {
    const [options, executable] = [optionsOf(lab), join(lab.scope.dir, "bin/millrace")];
    const shims = twoReleases(lab.scope.dir);
    await install({ ...options, shim: CNI_EXECUTABLE }, () => {});
    const { namespace, call } = await lab.preparePod("a");
    const done = new AbortController();
    const callers = [
      untilDone(done.signal, async () => {
        await mustCni("ADD", { ...call, executable });
        await mustCni("DEL", { ...call, executable });
      }),
      untilDone(done.signal, () => mustCni("STATUS", { ...call, executable })),
    ];
    const inodes = new Set<number>();
    for (let i = 0; i < REINSTALLS; i++) {
      await install({ ...options, shim: shims[i % 2] ?? "" }, () => {});
      inodes.add(statSync(executable).ino);
    }
    done.abort();
    const counts = await Promise.all(callers);
    expect(inodes.size).toBeGreaterThan(1);
    for (const count of counts) expect(count).toBeGreaterThan(10);
    expect((await namespace.links()).map(({ ifname }) => ifname)).toEqual(["lo"]);
  },
);

scenario(
  "what install has put there attaches pods, and uninstall takes it away",
  {},
  async (lab) => {
    const options = optionsOf(lab);
    const file = "10-millrace.conflist";
    await install(
      { ...options, conflist: { network: "blue", chain: [], socket: lab.agent.socket, file } },
      () => {},
    );
    const list = JSON.parse(readFileSync(join(options.confDir, file), "utf8"));
    const executable = join(options.binDir, list.plugins[0].type);
    const { agentSocket: socket, type: _type, ...config } = list.plugins[0];
    const add = async (name: string) => {
      const { call } = await lab.preparePod(name);
      const all = { ...call, socket, network: list.name, config, executable };
      await mustCni("ADD", all);
      return all;
    };
    const calls = [await add("a"), await add("b")];
    const remove = () => uninstall({ ...options, socket, force: false }, () => {});
    await expect(remove()).rejects.toThrow("2 interfaces are still attached");
    for (const call of calls) await mustCni("DEL", call);
    await remove();
    await expect(mustCni("STATUS", calls[0] ?? raise())).rejects.toThrow("not installed");
  },
);

scenario("pods keep their network while executable and agent are replaced", {}, async (lab) => {
  const [a, b] = await lab.addPair();
  await install({ ...optionsOf(lab), shim: twoReleases(lab.scope.dir)[1] ?? "" }, () => {});
  await lab.agent.stop();
  await lab.restart();
  await mustReach(a, b);
  await mustCni("CHECK", {
    ...a.call,
    prevResult: a.result,
    executable: join(lab.scope.dir, "bin/millrace"),
  });
});

function optionsOf({ scope }: Lab): InstallOptions {
  const dirs = { binDir: join(scope.dir, "bin"), confDir: join(scope.dir, "conf") };
  for (const dir of Object.values(dirs)) mkdirSync(dir, { recursive: true });
  return { ...dirs, shim: CNI_EXECUTABLE, conflist: null, waitSeconds: 0, force: false };
}

/** Executables that differ: the loader reads no further than the headers say. */
function twoReleases(dir: string): string[] {
  return ["one", "two"].map((release) => {
    const path = join(dir, release);
    writeFileSync(path, Buffer.concat([readFileSync(CNI_EXECUTABLE), Buffer.from(release)]));
    return path;
  });
}

/** @returns how often it was done */
async function untilDone(signal: AbortSignal, act: () => Promise<unknown>): Promise<number> {
  let count = 0;
  for (; !signal.aborted; count++) await act();
  return count;
}

function raise(): never {
  throw new Error("no call");
}
