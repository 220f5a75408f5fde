import type { Socket } from "node:net";
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";

/** How long calls under way may take when we stop. */
const GRACE_MS = 1000;

/** A gRPC server that listens nowhere itself: connections are handed to it. */
export class PluginServer {
  readonly #server = new Server();
  readonly #injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());

  serve(definition: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.#server.addService(definition, implementation);
  }

  accept(connection: Socket): void {
    this.#injector.injectConnection(connection);
  }

  /** Waits for calls under way, but not for ever. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    const timer = setTimeout(() => this.#server.forceShutdown(), GRACE_MS);
    await closed;
    clearTimeout(timer);
    this.#server.forceShutdown();
  }
}
