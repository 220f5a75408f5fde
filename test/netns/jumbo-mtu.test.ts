import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { PortView } from "../../src/agent/view.ts";
import {
  addLanPod,
  bridged,
  CPUS,
  expectCopiesBalanced,
  millrace,
  millraceJson,
} from "../fixtures/bridge.ts";
import { dropsDuring, expectBalanced } from "../fixtures/counters.ts";
import type { Lab } from "../fixtures/lab.ts";
import { mustPing, ping } from "../fixtures/ping.ts";
import { gatewayOf, ipOf, type Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { CLI } from "../harness/paths.ts";
import { run } from "../harness/run.ts";

const MTU = 9000;
const SMALL = 1500;
const BYTES = 20_000_000;
const routed = {
  name: "blue",
  nodePrefixes: ["10.81.1.0/24", "fd81:1::/64"],
  routes: ["0.0.0.0/0", "::/0"],
  mtu: MTU,
};
const jumbo = ["-s", "8900", "-M", "do"];

for (const [kind, network, add] of [
  ["routed", routed, (lab: Lab, name: string) => lab.addPod(name)],
  ["bridged", bridged({ mtu: MTU }), addLanPod],
] as const) {
  for (const cpus of CPUS.length < 2 ? [[]] : [[], CPUS]) {
    const workers = Math.max(1, cpus.length);
    const config = { networks: [network], dataplane: { cpus } };
    for (const family of [4, 6] as const) {
      scenario(
        `Jumbo packets pass a ${kind} network of ${workers} workers unchanged over IPv${family}`,
        { config, needs: ["python"] },
        async (lab) => {
          const pods: [Pod, Pod] = [await add(lab, "a"), await add(lab, "b")];
          const [a, b] = pods;
          await mustPing(a, ipOf(b, family), { extra: jumbo, count: 5 });
          const started = performance.now();
          const [{ mss }] = await exchangeStreams(lab.scope, pods, family, BYTES);
          const ms = performance.now() - started;
          console.log(`${BYTES} bytes each way in ${Math.round(ms)} ms, segments of ${mss} bytes`);
          expect(mss).toBeGreaterThan(8900);
          const sizes = { first: 1400, last: 8900, step: 500 };
          const report = await exchangeDatagrams(lab.scope, pods, family, sizes);
          expect(report).toMatchObject({ intact: 16, lost: [], broken: [], refused: {} });
          const ports = await millraceJson<PortView[]>(lab, "ports");
          expect(ports.map(({ multiBuffer }) => multiBuffer)).toEqual([true, true]);
          expect((await millrace(lab, "ports")).stdout).toMatch(/MULTI-BUFFER/);
          if (kind === "routed") await expectBalanced(lab);
          await expectCopiesBalanced(lab);
        },
      );
    }
  }
}

for (const family of [4, 6] as const) {
  scenario(
    `A pod with jumbo packets is told the MTU of one with less over IPv${family}, and obeys`,
    { config: { networks: [routed] }, needs: ["python"] },
    async (lab) => {
      const large = await lab.addPod("large");
      const small = await lab.addPod("small", { config: { mtu: SMALL } });
      expect(small.result.interfaces[1]?.mtu).toBe(SMALL);
      expect(large.result.interfaces[1]?.mtu).toBe(MTU);
      const drops = await dropsDuring(lab, large, async () => {
        const { output, received } = await ping(large, ipOf(small, family), { extra: jumbo });
        expect(received).toBe(0);
        expect(output).toContain(`From ${gatewayOf(large, family)} `);
        expect(output).toMatch(/mtu\s*=\s*1500/);
      });
      expect(drops["mtu-exceeded"]).toBeGreaterThanOrEqual(1);
      await exchangeStreams(lab.scope, [large, small], family, BYTES / 10);
      const sizes = { first: 1000, last: 8000, step: 1000, discovery: "want" } as const;
      const report = await exchangeDatagrams(lab.scope, [large, small], family, sizes);
      expect(report).toMatchObject({ intact: 8, lost: [], broken: [] });
      await expectBalanced(lab);
    },
  );
}

scenario(
  "A bridge drops what is longer than the MTU of the receiving pod, and counts it",
  { config: { networks: [bridged({ mtu: MTU })] } },
  async (lab) => {
    const large = await addLanPod(lab, "large");
    const small = await addLanPod(lab, "small", { mtu: SMALL });
    const drops = await dropsDuring(lab, large, async () => {
      const { received } = await ping(large, small.ip4, { extra: jumbo });
      expect(received).toBe(0);
    });
    expect(drops).toEqual({ "mtu-exceeded": 3 });
    await mustPing(large, small.ip4, { extra: ["-s", "1472", "-M", "do"] });
    await expectCopiesBalanced(lab);
  },
);

scenario(
  "An MTU that cannot be had is refused with the numbers, by config check and by ADD",
  { config: { networks: [{ ...routed, mtu: SMALL }] } },
  async (lab) => {
    const check = async (mtu: number, dataplane: Record<string, unknown> = {}) => {
      const file = join(lab.scope.dir, "check.yaml");
      writeFileSync(file, JSON.stringify({ networks: [{ ...routed, mtu }], dataplane }, null, 1));
      const { exitCode, stderr } = await run(process.execPath, [CLI, "config", "check", file]);
      return { exitCode, stderr };
    };
    expect(await check(MTU)).toMatchObject({ exitCode: 0 });
    const refusals = [
      [await check(9001), "to 9000 (6 segments of 1792 bytes: frameSize 2048 - 256 XDP headroom)"],
      [await check(MTU, { multiBuffer: "off" }), "to 1774 (frameSize 2048 - 256 XDP headroom"],
      [await check(MTU, { multiBuffer: "off", frameSize: 4096 }), "to 3506 (native XDP on a veth"],
      [await check(MTU, { mode: "generic" }), "to 1774 (frameSize 2048"],
    ] as const;
    for (const [{ exitCode, stderr }, text] of refusals) {
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 1 });
      expect(stderr).toContain("networks[0].mtu");
      expect(stderr).toContain(text);
    }
    await expect(lab.addPod("a", { config: { mtu: MTU } })).rejects.toThrow(
      /mtu = 9000 cannot be had in network blue: accepted: 1280 .* to 1500 \(mtu of the network\)/,
    );
  },
);
