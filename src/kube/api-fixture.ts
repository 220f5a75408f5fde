import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/**
 * An API that answers what a real one does only now and then, until the end of the test.
 * @returns a kubeconfig for it with the token "first", and what gives it another
 */
export async function answeringApi(answer: RequestListener) {
  const dir = mkdtempSync(join(tmpdir(), "millrace-api-"));
  const server = createServer(answer).listen(0, "127.0.0.1");
  onTestFinished(() => {
    rmSync(dir, { recursive: true });
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(dir, "kubeconfig");
  const writeToken = (token: string) => writeKubeconfig(kubeconfig, port, token);
  writeToken("first");
  return { kubeconfig, writeToken };
}

function writeKubeconfig(path: string, port: number, token: string): void {
  // The library takes HTTP only where nobody asks for certificates.
  const cluster = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
  const config = {
    clusters: [{ name: "a", cluster }],
    users: [{ name: "a", user: { token } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    "current-context": "a",
  };
  writeFileSync(path, JSON.stringify(config));
}
