import { expect } from "vitest";
import { bareScenario } from "../fixtures/scenario.ts";
import { createNamespace } from "../harness/namespace.ts";
import { must } from "../harness/run.ts";
import type { Scope } from "../harness/scope.ts";

const NATIVE = new URL("../../src/dataplane/native.ts", import.meta.url).href;

const START = [
  `import { loadNative } from ${JSON.stringify(NATIVE)};`,
  "const native = loadNative();",
  "const said = async (promise) => {",
  "  try { return await promise; }",
  "  catch ({ code, message }) { return [code, message].join(': '); }",
  "};",
];

/** Runs a module in a namespace with a veth pair, v0 and v1; `pod` is the path of another one. */
async function runOnHost(scope: Scope, lines: readonly string[]): Promise<string> {
  const host = await createNamespace(scope, "host");
  const pod = await createNamespace(scope, "pod");
  const pair = ["link", "add", "v0", "type", "veth", "peer", "name", "v1"];
  await host.must("ip", pair);
  await host.must("ip", ["link", "set", "v1", "up"]);
  const module = [...START, `const pod = ${JSON.stringify(pod.path)};`, ...lines].join("\n");
  const node = [process.execPath, "--input-type=module", "-e", module];
  return must("ip", ["netns", "exec", host.name, ...node], { signal: scope.signal });
}

bareScenario(
  "The addon moves a netdev to a pod, sets it up and takes it back",
  {},
  async (scope) => {
    const printed = await runOnHost(scope, [
      'const before = (await native.listLinks()).find((link) => link.name === "v0");',
      'const moved = await native.moveNetdev("", before.ifindex, pod, "net1");',
      'const change = { mac: "02:00:00:00:0a:01", mtu: 9000, up: true, promisc: true };',
      "await native.setNetdev(pod, moved, change);",
      'const inside = await native.describePod(pod, "net1");',
      'await native.configurePod({ netns: pod, ifname: "net1", addresses: ["10.97.0.2/24", "fd00:97::2/64"],',
      "  gateways: [], routes: [] });",
      'const announced = [await said(native.announce(pod, "net1", "10.97.0.2")),',
      '  await said(native.announce(pod, "net1", "fd00:97::2"))];',
      'const statistics = await native.netdevStatistics(pod, moved, "");',
      "await native.setNetdev(pod, moved, { up: false });",
      'const back = await native.moveNetdev(pod, moved, "", "v0");',
      'const after = (await native.listLinks()).find((link) => link.name === "v0");',
      "console.log(JSON.stringify({ inside, announced, statistics, back, after }));",
    ]);
    console.log(printed.trim());
    const { inside, announced, statistics, back, after } = JSON.parse(printed);
    expect(inside).toMatchObject({ mac: "02:00:00:00:0a:01", mtu: 9000, up: true });
    expect(announced).toEqual([null, null]);
    expect(Object.keys(statistics).sort()).toEqual(
      ["rx", "tx"].flatMap((way) => ["Bytes", "Dropped", "Errors", "Packets"].map((n) => way + n)),
    );
    expect(statistics.txPackets).toBeGreaterThanOrEqual(announced.length);
    expect(statistics.txBytes).toBeGreaterThanOrEqual(announced.length * 42);
    expect(after).toMatchObject({ ifindex: back, mac: "02:00:00:00:0a:01", mtu: 9000, up: false });
  },
);

bareScenario("What the addon cannot do to a VF rejects with the reason", {}, async (scope) => {
  const printed = await runOnHost(scope, [
    'const v0 = (await native.listLinks()).find((link) => link.name === "v0");',
    "console.log(JSON.stringify([",
    '  await said(native.setVf("v0", 3, { vlan: 100, vlanQoS: 2, vlanProto: "802.1ad" })),',
    '  await said((async () => native.setVf("v0", 3, { mac: "nonsense" }))()),',
    '  await said(native.setVf("nowhere", 3, { trust: true })),',
    '  await said(native.moveNetdev("", v0.ifindex, pod, "lo")),',
    '  await said(native.moveNetdev("", v0.ifindex, "/run/netns/mr-no-such", "net1")),',
    "  await said(native.setNetdev('', 99999, { mtu: 1400 })),",
    "  await said(native.setNetdev('', v0.ifindex, { mtu: 70000 })),",
    '  await said(native.announce("", "v0", "10.97.0.9")),',
    '  await said(native.netdevStatistics("", 99999, "")),',
    '  await said(native.netdevStatistics("/run/netns/mr-no-such", 1, "")),',
    "]));",
  ]);
  console.log(printed.trim());
  const [vlan, mac, pf, name, netns, link, mtu, down, counts, nowhere] = JSON.parse(printed);
  expect(vlan).toMatch(
    /^EOPNOTSUPP: interface v0, VF 3: set vlan 100, vlanQoS 2, vlanProto 802.1ad/,
  );
  expect(mac).toMatch(/^EINVAL: .*"nonsense" is not a MAC address/);
  expect(pf).toMatch(/^ENODEV: .*interface nowhere/);
  expect(name).toMatch(/^EEXIST: move interface v0 to .* as lo: interface lo with index 1 has/);
  expect(netns).toMatch(/^ENOENT: network namespace \/run\/netns\/mr-no-such/);
  expect(link).toMatch(/^ENODEV: /);
  expect(mtu).toMatch(/^EINVAL: interface v0: set MTU 70000: /);
  expect(down).toMatch(/^ENETDOWN: announce 10.97.0.9 on interface v0/);
  expect(counts).toMatch(/^ENODEV: read the statistics of interface with index 99999/);
  expect(nowhere).toMatch(/^ENOENT: network namespace \/run\/netns\/mr-no-such/);
});

bareScenario("The addon finds no VFs and no device where there are none", {}, async (scope) => {
  const printed = await runOnHost(scope, [
    "console.log(JSON.stringify([",
    '  await native.listVfSettings("v0"),',
    '  await native.listVfStatistics("v0"),',
    '  await native.findNetdev("", "0000:01:10.0"),',
    '  await native.findNetdev(pod, "0000:01:10.0"),',
    "]));",
  ]);
  expect(JSON.parse(printed)).toEqual([[], [], null, null]);
});
