import { AgentCallError, createClient } from "../api/client.ts";
import type { DoctorHost } from "./host.ts";

/** Names of networks, and who knows them. */
export interface NetworkSource {
  who: string;
  names: readonly string[];
}

/** The networks of the agent; while it is away those of its configuration, when that is named. */
export async function knownNetworks(host: DoctorHost): Promise<NetworkSource | null> {
  try {
    const networks = await createClient(host.socket).networks();
    return { who: "the agent", names: networks.map(({ name }) => name) };
  } catch (error) {
    if (!(error instanceof AgentCallError)) throw error;
    if (!host.configNamed) return null;
    return { who: "the configuration", names: host.config.networks.map(({ name }) => name) };
  }
}
