import type { Command } from "commander";
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
    .command("schema")
    .description("print the JSON Schema of the configuration, for editors and CI")
    .action(async () => {
      const { configJsonSchema } = await import("../config/schema.ts");
      process.stdout.write(toJson(configJsonSchema()));
    });
}
