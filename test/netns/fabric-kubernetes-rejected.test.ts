import { expect } from "vitest";
import { kubeScenario } from "../fixtures/kube-lab.ts";
import { fabricAnnotations, fabricNode } from "../fixtures/kube-nodes.ts";
import { until } from "../fixtures/kube-wait.ts";

const MISSING_MS = 3000;

kubeScenario("what makes no sense is named, and never removes a node that did", async (lab) => {
  const { api } = lab.kube;
  const a = await lab.addHost("a", 11);
  await api.createNode("a");
  await api.createNode("b", [], fabricAnnotations(12));
  const driver = await lab.startDriver(a, {
    ...{ nodeName: "a", annotations: "both", own: fabricNode("a", 11) },
    timing: { missingMs: MISSING_MS },
  });
  await until("b", () => driver.nodes.get("b"), Boolean);
  const rejectedKeys = async () => (await driver.status()).rejected.map(({ key }) => key);
  const about = (text: string) => `b millrace.io/${text}`;

  // Our own: flannel cannot be told of us, as nobody gave the Node a podCIDR.
  await until("it is said", rejectedKeys, (keys) => keys.join() === "a spec.podCIDRs");
  const wrong: [string, string, RegExp][] = [
    ["vteps", '[{"udpPort":4789,', /accepted: JSON/],
    ["vteps", "[]", /at least one VTEP/],
    ["vteps", '[{"udpPort":0,"address4":"192.0.2.12"}]', /\[0\]\["udpPort"\]: accepted: .*65535/],
    [
      "vteps",
      '[{"udpPort":4789,"address4":"224.0.0.1"}]',
      /accepted: "" or a unicast IPv4 address/,
    ],
    ["networks", '[{"vni":16777216,"udpPort":4789}]', /accepted: .*16777215/],
    ["networks", '[{"vni":1,"udpPort":8472}]', /accepted: one of millrace.io\/vteps/],
    ["endpoints-4789-200", '[{"mac":"01:00:00:00:00:00"}]', /accepted: "" or a unicast MAC/],
  ];
  for (const [key, value, reason] of wrong) {
    await api.annotate("b", { ...fabricAnnotations(12), [`millrace.io/${key}`]: value });
    const said = await until(
      `${key} = ${value} is rejected`,
      async () => (await driver.status()).rejected.find((one) => one.key === about(key)),
      (one) => one !== undefined && reason.test(one.reason),
    );
    expect(said?.reason).toContain(value.slice(0, 20));
    await api.annotate("b", { ...fabricAnnotations(12), [`millrace.io/${key}`]: null });
  }
  await api.annotate("b", { ...fabricAnnotations(15) });
  const address = () => driver.nodes.get("b")?.vteps[0]?.address4;
  await until("b as it is now", address, (now) => now === "192.0.2.15");
  expect(driver.told.filter((one) => "gone" in one)).toEqual([]);

  // One who only rewrites them is given the time to do so ...
  const none = { "millrace.io/vteps": null, "millrace.io/networks": null };
  await api.annotate("b", none);
  await until("it is said", rejectedKeys, (keys) => keys.includes("b metadata.annotations"));
  await api.annotate("b", fabricAnnotations(16));
  await until("b as it is now", address, (now) => now === "192.0.2.16");
  expect(driver.told.filter((one) => "gone" in one)).toEqual([]);

  // ... and one who leaves the fabric and stays in the cluster is gone after it.
  await api.annotate("b", none);
  const left = performance.now();
  await until(
    "b is gone",
    () => driver.nodes.has("b"),
    (known) => !known,
  );
  expect(performance.now() - left).toBeGreaterThan(MISSING_MS * 0.9);
  expect(await rejectedKeys()).toEqual(["a spec.podCIDRs"]);
});
