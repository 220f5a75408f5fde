import type { Command } from "commander";
import type { ConfigNodeOptions } from "./run-config-node.ts";
import { toJson } from "./show.ts";

export function addConfigCommand(program: Command): void {
  const config = program.command("config").description("check a configuration, print its schema");
  config
    .command("check")
    .description("check a configuration file as the agent would")
    .argument("<file>", "YAML file")
    .option("--json", "print the configuration with every default filled in")
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { loadConfig } = await import("../config/load.ts");
      const checked = loadConfig(file);
      const names = checked.networks.map(({ name }) => name).join(", ") || "no networks";
      process.stdout.write(json ? toJson(checked) : `${file} is valid: ${names}\n`);
    });
  config
    .command("node")
    .description("make the configuration of one node from that of a cluster: prefixes, node name")
    .argument("<file>", "YAML file")
    .option("--node <name>", "of the Node object (default: NODE_NAME of the environment)")
    .option("--output <file>", "where it is written (default: standard output)")
    .option("--kubeconfig <file>", "how to reach the API (default: the service account of the pod)")
    .action(async (file: string, options: ConfigNodeOptions) => {
      const { runConfigNode } = await import("./run-config-node.ts");
      await runConfigNode(file, options);
    });
  config
    .command("schema")
    .description("print the JSON Schema of the configuration, for editors and CI")
    .action(async () => {
      const { configJsonSchema } = await import("../config/schema.ts");
      process.stdout.write(toJson(configJsonSchema()));
    });
}
