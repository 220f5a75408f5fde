import { createServer } from "node:net";

const GUARD = "\0millrace-agent";

/**
 * Makes this the only agent of its network namespace: another one, with another state directory,
 * would take our links for left-overs of its own and delete them. The abstract socket belongs to
 * the namespace, as the links do, and the kernel frees it when the agent dies.
 * @throws Error in words when another agent is there
 */
export async function lockNetworkNamespace(): Promise<{ release(): void }> {
  const server = createServer((connection) => connection.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(GUARD, resolve);
  await promise.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(
      "another millrace agent runs in this network namespace: stop it first, or start this one " +
        "in another network namespace",
    );
  });
  server.unref();
  return { release: () => void server.close() };
}
