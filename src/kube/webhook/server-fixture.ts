import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { pino } from "pino";
import { afterEach, beforeEach } from "vitest";
import { whatOpensslLacks } from "../../../test/fixtures/certificates.ts";
import {
  type Authority,
  makeAuthority,
  SecretVolume,
} from "../../../test/fixtures/webhook-certificates.ts";
import { openWebhook, type Webhook, type WebhookOptions } from "./webhook.ts";

const POLL_MS = 20;

export interface Reply {
  status: number;
  body: string;
  /** Serial number of the certificate that was shown. */
  serial: string;
  /** Whether the connection was there before. */
  reused: boolean;
}

/** A webhook with real certificates; its API server is away. */
export interface Bench {
  authority: Authority;
  volume: SecretVolume;
  /** Lines of the log that say something bad. */
  complaints: { msg: string; reason?: string }[];
  open(options?: Partial<WebhookOptions>): Promise<Webhook>;
  /** @param agent to use a connection again */
  call(method: string, path: string, body?: string, agent?: Agent): Promise<Reply>;
}

const lacks = whatOpensslLacks();

/** Skips each test of a file, with the reason, where no certificates can be made. */
export function needsCertificates(): void {
  beforeEach((context) => context.skip(lacks !== "", lacks));
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

export async function bench({ days = 2 } = {}): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), "millrace-webhook-"));
  cleanups.push(() => rmSync(dir, { recursive: true }));
  const authority = await makeAuthority(join(dir, "authority"));
  const { cert, key } = await authority.issue(days);
  const volume = new SecretVolume(join(dir, "tls"), { "tls.crt": cert, "tls.key": key });
  const complaints: Bench["complaints"] = [];
  let port = 0;
  return {
    ...{ authority, volume, complaints },
    async open(options = {}) {
      const log = pino({ level: "warn" }, { write: (line) => complaints.push(JSON.parse(line)) });
      const webhook = await openWebhook({ ...defaults(dir, volume), ...options }, log, POLL_MS);
      cleanups.push(() => webhook.close());
      port = webhook.port;
      return webhook;
    },
    call: (method, path, body = "", agent = new Agent()) =>
      call({ method, path, port, agent, ca: authority.ca }, body),
  };
}

export function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  cleanups.push(() => agent.destroy());
  return agent;
}

function defaults(dir: string, volume: SecretVolume): WebhookOptions {
  return {
    ...{ listen: "127.0.0.1:0", kubeconfig: kubeconfigOfNobody(dir) },
    ...{ tlsCert: volume.path("tls.crt"), tlsKey: volume.path("tls.key") },
    ...{ onError: "allow", ignoredNamespaces: [], multusNamespace: "kube-system" },
  };
}

/** Nobody listens at port 2. */
function kubeconfigOfNobody(dir: string): string {
  const config = {
    clusters: [{ name: "away", cluster: { server: "https://127.0.0.1:2" } }],
    users: [{ name: "away", user: { token: "none" } }],
    contexts: [{ name: "away", context: { cluster: "away", user: "away" } }],
    "current-context": "away",
  };
  const path = join(dir, "kubeconfig");
  writeFileSync(path, JSON.stringify(config));
  return path;
}

function call(
  options: { method: string; path: string; port: number; agent: Agent; ca: string },
  body: string,
) {
  return new Promise<Reply>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", servername: "localhost", ...options }, (response) => {
      const { serialNumber: serial } = (response.socket as TLSSocket).getPeerCertificate();
      const facts = { status: response.statusCode ?? 0, serial, reused: sent.reusedSocket };
      textOf(response).then((text) => resolve({ ...facts, body: text }), reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return text;
}
