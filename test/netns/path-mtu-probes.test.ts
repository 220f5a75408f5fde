import { expect } from "vitest";
import { bareScenario } from "../fixtures/scenario.ts";
import { createNamespace } from "../harness/namespace.ts";
import { must } from "../harness/run.ts";
import type { Scope } from "../harness/scope.ts";

const NATIVE = new URL("../../src/dataplane/native.ts", import.meta.url).href;

const START = [
  `import { loadNative } from ${JSON.stringify(NATIVE)};`,
  "const probed = { source: '10.96.1.1', destination: '10.96.1.2', bytes: 1280, timeoutMs: 1500 };",
  "const probe = (over) => loadNative().probePath({ ...probed, ...over });",
];

/** Runs a module in a namespace that has 10.96.1.1 on a link where nobody else is. */
async function runAlone(scope: Scope, lines: readonly string[]): Promise<string> {
  const alone = await createNamespace(scope, "alone");
  for (const args of [
    ["link", "add", "up0", "type", "veth", "peer", "name", "up1"],
    ["addr", "add", "10.96.1.1/24", "dev", "up0"],
    ["link", "set", "up1", "up"],
    ["link", "set", "up0", "up"],
  ]) {
    await alone.must("ip", args);
  }
  const module = [...START, ...lines].join("\n");
  const node = [process.execPath, "--input-type=module", "-e", module];
  return must("ip", ["netns", "exec", alone.name, ...node], { signal: scope.signal });
}

bareScenario(
  "Probes that nobody answers hold up no other work of the process",
  {},
  async (scope) => {
    const printed = await runAlone(scope, [
      'import { readFile } from "node:fs/promises";',
      "const start = performance.now();",
      "const probes = Promise.all(Array.from({ length: 16 }, () => probe()));",
      'await readFile("/etc/hostname");',
      "const read = performance.now() - start;",
      "const outcomes = new Set((await probes).map(({ outcome }) => outcome));",
      "const all = performance.now() - start;",
      "console.log(JSON.stringify({ read, all, outcomes: [...outcomes] }));",
    ]);
    console.log(printed.trim());
    const { read, all, outcomes } = JSON.parse(printed);
    expect(outcomes).toEqual(["silent"]);
    expect(read).toBeLessThan(1000);
    expect(all).toBeGreaterThanOrEqual(1500);
    expect(all).toBeLessThan(2900);
  },
);

bareScenario("A probe that cannot be sent rejects with the reason", {}, async (scope) => {
  const printed = await runAlone(scope, [
    "const said = async (over) => {",
    "  try { return (await probe(over)).outcome; }",
    "  catch ({ code, message }) { return [code, message].join(': '); }",
    "};",
    "console.log(JSON.stringify([",
    '  await said({ source: "10.96.1.9" }),',
    '  await said({ destination: "nobody" }),',
    '  await said({ destination: "fd00::1" }),',
    "  await said({ bytes: 20 }),",
    '  await said({ destination: "192.0.2.1" }),',
    "]));",
  ]);
  console.log(printed.trim());
  const [source, address, family, bytes, route] = JSON.parse(printed);
  expect(source).toMatch(/^EADDRNOTAVAIL: path probe from 10.96.1.9 to 10.96.1.2: bind/);
  expect(address).toMatch(/^EINVAL: .*destination nobody: accepted: an IPv4 or IPv6 address/);
  expect(family).toMatch(/^EINVAL: .*two addresses of one family/);
  expect(bytes).toMatch(/^EINVAL: .*bytes 20: accepted: 68 to 65535/);
  expect(route).toBe("silent");
});

bareScenario("A process ends while probes are under way", {}, async (scope) => {
  const printed = await runAlone(scope, [
    "for (let i = 0; i < 8; i++) void probe();",
    'setTimeout(() => { console.log("ended"); process.exit(0); }, 100);',
  ]);
  expect(printed).toBe("ended\n");
});

// The addon may be unloaded with the last thread of Node's that uses it.
bareScenario("A worker thread ends while its probes are under way", {}, async (scope) => {
  const worker = [
    `import { loadNative } from ${JSON.stringify(NATIVE)};`,
    'import { parentPort } from "node:worker_threads";',
    'const probed = { source: "10.96.1.1", destination: "10.96.1.2", bytes: 1280, timeoutMs: 700 };',
    "const native = loadNative();",
    "for (let i = 0; i < 8; i++) void native.probePath(probed);",
    'parentPort.postMessage("started");',
    "setInterval(() => {}, 1000);",
  ];
  const url = `data:text/javascript,${encodeURIComponent(worker.join("\n"))}`;
  const printed = await runAlone(scope, [
    'import { Worker } from "node:worker_threads";',
    `const worker = new Worker(new URL(${JSON.stringify(url)}));`,
    'worker.once("error", (error) => console.log(error));',
    'worker.once("message", async () => console.log("terminated", await worker.terminate()));',
  ]);
  expect(printed).toBe("terminated 1\n");
});
