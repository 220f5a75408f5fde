import { readdirSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fakeView } from "../../test/harness/fake-view.ts";
import { type TestNode, testNode } from "./fixture.ts";
import { install } from "./install.ts";
import { uninstall } from "./uninstall.ts";

const run = (node: TestNode, force = false) => {
  const { binDir, confDir } = node.options;
  return uninstall({ binDir, confDir, socket: node.socket, force }, node.told);
};

async function installed(attachments = fakeView().attachments()): Promise<TestNode> {
  const node = testNode();
  await node.startAgent({ attachments: () => attachments });
  await install(node.options, () => {});
  return node;
}

it("the configuration goes first, then the executable, and nothing is left", async () => {
  const node = await installed([]);
  await run(node);
  expect(node.changes).toEqual(["removed conf/10-millrace.conflist", "removed bin/millrace"]);
  expect([...readdirSync(node.at("conf")), ...readdirSync(node.at("bin"))]).toEqual([]);
});

it("twice is the same as once, also when there is no agent any more", async () => {
  const node = testNode();
  await run(node);
  await run(node);
  expect(node.changes).toEqual(["absent bin/millrace", "absent bin/millrace"]);
});

it("attached pods keep everything where it is and are named, unless it is forced", async () => {
  const node = await installed();
  const [first] = fakeView().attachments();
  const done = run(node);
  await expect(done).rejects.toThrow(/still attached: .*drain the node.*--force/);
  await expect(done).rejects.toThrow(first?.key);
  expect(node.changes).toEqual([]);
  await run(node, true);
  expect(node.changes).toHaveLength(2);
});

it("no more than ten attachments are named", async () => {
  const [one] = fakeView().attachments();
  const many = Array.from({ length: 13 }, (_, i) => ({ ...one, key: `c${i}:eth0`, pod: null }));
  const node = await installed(many as ReturnType<ReturnType<typeof fakeView>["attachments"]>);
  const done = run(node);
  await expect(done).rejects.toThrow(/^13 interfaces are still attached: .*c9:eth0, and 3 more;/);
});

it("without an agent nobody can say what is attached, so it is refused", async () => {
  const node = testNode();
  await install({ ...node.options, conflist: null }, () => {});
  await expect(run(node)).rejects.toThrow(/nobody can say whether pods are attached.*--force/);
  await run(node, true);
  expect(node.changes).toEqual(["removed bin/millrace"]);
});

it("files of others stay", async () => {
  const node = await installed([]);
  writeFileSync(node.at("conf/05-theirs.conflist"), '{"plugins": [{"type": "millrace"}]}');
  writeFileSync(node.at("bin/millrace"), "theirs");
  await run(node);
  expect(node.changes).toEqual(["removed conf/10-millrace.conflist"]);
  expect(readdirSync(node.at("conf"))).toEqual(["05-theirs.conflist"]);
  expect(readdirSync(node.at("bin"))).toEqual(["millrace"]);
});
