import { fileURLToPath } from "node:url";
import {
  type Client,
  credentials,
  makeGenericClientConstructor,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { Scope } from "../scope.ts";
import type {
  PodSandbox,
  PodSandboxConfig,
  PodSandboxStatusResponse,
  RuntimeCondition,
} from "./messages.ts";

/** What a kubelet asks of a container runtime. All reject with the runtime's words. */
export interface CriClient {
  /** Conditions of the runtime by their type. */
  conditions(): Promise<Map<string, RuntimeCondition>>;
  /** Returns the ID of the sandbox. */
  run(config: PodSandboxConfig): Promise<string>;
  status(id: string): Promise<PodSandboxStatusResponse>;
  stop(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  list(): Promise<PodSandbox[]>;
}

const PROTO = fileURLToPath(new URL("runtime.proto", import.meta.url));
const CALL_LIMIT_MS = 20_000;

/** A client of the runtime that serves a unix socket; closed with the scope. */
export function openCriClient(scope: Scope, socket: string): CriClient {
  const options = { keepCase: true, longs: Number, enums: String, defaults: true };
  const service = loadSync(PROTO, options)["runtime.v1.RuntimeService"] as ServiceDefinition;
  const Runtime = makeGenericClientConstructor(service, "RuntimeService");
  // Between its start and a restart nothing is to be waited for but the runtime.
  const backOff = { "grpc.initial_reconnect_backoff_ms": 50, "grpc.max_reconnect_backoff_ms": 100 };
  const client = new Runtime(`unix:${socket}`, credentials.createInsecure(), backOff);
  scope.cleanup.defer(() => client.close());
  return callsOf((method, request) => ask(client, service, method, request));
}

function callsOf(call: (method: string, request: object) => Promise<unknown>): CriClient {
  const onSandbox = (method: string, id: string, more = {}) =>
    call(method, { pod_sandbox_id: id, ...more });
  return {
    async conditions() {
      const { status } = (await call("Status", {})) as {
        status: { conditions: RuntimeCondition[] };
      };
      return new Map(status.conditions.map((condition) => [condition.type, condition]));
    },
    async run(config) {
      const answer = await call("RunPodSandbox", { config });
      return (answer as { pod_sandbox_id: string }).pod_sandbox_id;
    },
    async status(id) {
      const answer = await onSandbox("PodSandboxStatus", id, { verbose: true });
      return answer as PodSandboxStatusResponse;
    },
    stop: async (id) => void (await onSandbox("StopPodSandbox", id)),
    remove: async (id) => void (await onSandbox("RemovePodSandbox", id)),
    list: async () => ((await call("ListPodSandbox", {})) as { items: PodSandbox[] }).items,
  };
}

function ask(
  client: Client,
  service: ServiceDefinition,
  method: string,
  request: object,
): Promise<unknown> {
  const definition = service[method];
  if (!definition) throw new Error(`${method} is not in ${PROTO}`);
  const { path, requestSerialize, responseDeserialize } = definition;
  const deadline = Date.now() + CALL_LIMIT_MS;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      { deadline },
      (error, answer) =>
        error ? reject(new Error(`${method}: ${error.details}`)) : resolve(answer),
    );
  });
}
