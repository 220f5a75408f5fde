import type { Port } from "./port.ts";

/** Which port serves which attachment. */
export class PortRegistry {
  readonly #ports = new Map<string, Port>();

  add(port: Port): Port {
    this.#ports.set(port.attachment, port);
    return port;
  }

  get(attachment: string): Port | undefined {
    return this.#ports.get(attachment);
  }

  /** @param port number in the dataplane */
  find(port: number): Port | undefined {
    return [...this.#ports.values()].find(({ info }) => info.port === port);
  }

  /** @throws Error when the attachment has no port */
  require(attachment: string): Port {
    const port = this.#ports.get(attachment);
    if (!port) throw new Error(`attachment ${attachment} has no port`);
    return port;
  }

  delete(attachment: string): void {
    this.#ports.delete(attachment);
  }

  /** By port number. */
  all(): Port[] {
    return [...this.#ports.values()].sort((a, b) => a.info.port - b.info.port);
  }
}
