import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addAgentCommand } from "./agent.ts";
import { addAttachmentsCommand } from "./attachments.ts";
import { addBenchCommand } from "./bench.ts";
import { addConfigCommand } from "./config.ts";
import { addCountersCommand } from "./counters.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addFabricCommand } from "./fabric.ts";
import { addFdbCommand } from "./fdb.ts";
import { addInstallCommands } from "./install.ts";
import { addMirrorCommand } from "./mirror.ts";
import { addNeighboursCommand } from "./neighbours.ts";
import { addNetworksCommand } from "./networks.ts";
import { addPortsCommand } from "./ports.ts";
import { addRoutesCommand } from "./routes.ts";
import { addStatusCommand } from "./status.ts";
import { addTraceCommand } from "./trace.ts";
import { addVfCommand } from "./vf.ts";
import { addVniCommand } from "./vni.ts";
import { addVtepCommand } from "./vtep.ts";
import { addWebhookCommand } from "./webhook.ts";

/** The whole command line; one file per command. */
export function createProgram(): Command {
  const program = new Command("millrace")
    .description("Kubernetes CNI whose datapath runs in user space, on AF_XDP")
    .version(version(), "--version", "print the version")
    .showSuggestionAfterError()
    .showHelpAfterError('(run "millrace help" for the commands)');
  addAgentCommand(program);
  addStatusCommand(program);
  addPortsCommand(program);
  addNetworksCommand(program);
  addAttachmentsCommand(program);
  addRoutesCommand(program);
  addNeighboursCommand(program);
  addFdbCommand(program);
  addMirrorCommand(program);
  addVtepCommand(program);
  addVniCommand(program);
  addFabricCommand(program);
  addTraceCommand(program);
  addCountersCommand(program);
  addDoctorCommand(program);
  addBenchCommand(program);
  addVfCommand(program);
  addConfigCommand(program);
  addWebhookCommand(program);
  addInstallCommands(program);
  return program;
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
