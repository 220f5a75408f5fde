import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import {
  fabricNode,
  joinFabric,
  PREFIX,
  untilConnected,
  untilTold,
} from "../fixtures/fabric-etcd.ts";
import { etcdScenario } from "../fixtures/fabric-etcd-scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

const LEASE = 4;
const TITLE =
  "With users, the right password lets an agent in, and a store that forgot its tokens gets new ones";

etcdScenario(TITLE, { timeoutMs: 90_000 }, async (etcd, scope) => {
  const admin = await etcd.client();
  await admin.user("root").create("secret");
  const root = await admin.role("root").create();
  await admin.user("root").addRole(root);
  const agent = await admin.role("agent").create();
  await agent.grant({ permission: "Readwrite", range: admin.range({ prefix: `${PREFIX}/` }) });
  await admin.user("millrace").create("millstone");
  await admin.user("millrace").addRole(agent);
  await admin.auth.authEnable();

  const passwordFile = join(scope.dir, "password");
  writeFileSync(passwordFile, "wrong\n");
  const auth = { username: "millrace", passwordFile };
  const options = { auth, leaseSeconds: LEASE };
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), options);
  const error = () => a.driver.status().lastError;
  await waitFor("a refusal", error, (text) => text.includes("invalid user ID or password"));
  writeFileSync(passwordFile, "millstone\n");
  await untilConnected(a);

  const nobody = await joinFabric(scope, etcd, fabricNode("c", 3));
  const refused = () => nobody.driver.status().lastError;
  await waitFor("a refusal", refused, (text) => /user name is empty|permission denied/.test(text));
  const b = await joinFabric(scope, etcd, fabricNode("b", 2), options);
  await untilTold(a, "b", fabricNode("b", 2));

  // Tokens are in the memory of a member: after a restart it knows none.
  await etcd.members[0]?.kill();
  await untilConnected(a, false);
  b.driver.publish(fabricNode("b", 2, 3));
  await etcd.members[0]?.start();
  await untilTold(a, "b", fabricNode("b", 2, 3), 20_000);
  await untilConnected(a);
  expect([...a.nodes.keys()]).toEqual(["b"]);
  expect(a.told.filter((call) => call.startsWith("gone"))).toEqual([]);

  // One that expires while the connection stays: a password that changes makes it so. It is
  // replaced at once, before the request would be given up and made in a new session.
  writeFileSync(passwordFile, "grindstone\n");
  const second = await etcd.client({ auth: { username: "root", password: "secret" } });
  await second.user("millrace").setPassword("grindstone");
  b.driver.publish(fabricNode("b", 2, 4));
  await untilTold(a, "b", fabricNode("b", 2, 4), 2500);
});
