import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { makeCertificates, whatOpensslLacks } from "../fixtures/certificates.ts";
import { startEtcd } from "../fixtures/etcd.ts";
import { fabricNode, joinFabric, untilConnected, untilTold } from "../fixtures/fabric-etcd.ts";
import { bareEtcdScenario } from "../fixtures/fabric-etcd-scenario.ts";
import { waitFor } from "../fixtures/wait.ts";

const TITLE = "Over TLS the store and the agents know each other by certificates, and no others";

bareEtcdScenario(TITLE, { whatLacks: whatOpensslLacks }, async (scope) => {
  const { ca, server, client } = await makeCertificates(scope);
  const etcd = await startEtcd(scope, { tls: { ca, ...server } });
  const a = await joinFabric(scope, etcd, fabricNode("a", 1), { tls: { ca, ...client } });
  await untilConnected(a);
  const b = await joinFabric(scope, etcd, fabricNode("b", 2), { tls: { ca, ...client } });
  await untilTold(a, "b", fabricNode("b", 2));
  await untilTold(b, "a", fabricNode("a", 1));

  const anonymous = await joinFabric(scope, etcd, fabricNode("c", 3), { tls: { ca } });
  // The authority of the system did not sign the store's certificate.
  const doubting = await joinFabric(scope, etcd, fabricNode("d", 4), { tls: { ...client } });
  const errorOf = (one: typeof a) => () => one.driver.status().lastError;
  await waitFor("a refusal", errorOf(anonymous), (text) => text !== "");
  const doubt = await waitFor("a doubt", errorOf(doubting), (text) => text !== "");
  expect(doubt).toMatch(/certificate/);

  // Files are read anew for each attempt: one that is put there later is found.
  const later = { cert: join(scope.dir, "later.pem"), key: join(scope.dir, "later.key") };
  const waiting = await joinFabric(scope, etcd, fabricNode("e", 5), { tls: { ca, ...later } });
  await waitFor("a reason", errorOf(waiting), (text) => text.includes("later.pem"));
  copyFileSync(client.cert, later.cert);
  copyFileSync(client.key, later.key);
  await untilConnected(waiting);
  await untilTold(a, "e", fabricNode("e", 5));
  expect([...a.nodes.keys()].sort()).toEqual(["b", "e"]);

  const store = await etcd.client({
    credentials: {
      rootCertificate: readFileSync(ca),
      certChain: readFileSync(client.cert),
      privateKey: readFileSync(client.key),
    },
  });
  expect(await store.getAll().prefix("/millrace/v1/nodes/").keys()).toHaveLength(3);
});
