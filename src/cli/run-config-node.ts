import { readFileSync } from "node:fs";
import { configOfNode } from "../install/node-config.ts";
import { replaceFile } from "../install/replace-file.ts";

/** As commander names them. */
export interface ConfigNodeOptions {
  node?: string;
  output?: string;
  kubeconfig?: string;
}

/** @throws Error in words when something of the configuration or the options is refused */
export async function runConfigNode(file: string, options: ConfigNodeOptions): Promise<void> {
  const nodeName = options.node ?? process.env["NODE_NAME"];
  if (!nodeName) throw new Error("the name of the Node is needed: --node NAME, or NODE_NAME=NAME");
  const made = await configOfNode(readFileSync(file, "utf8"), file, nodeName, async () => {
    // The library for the Kubernetes API takes half a second to load.
    const { readNode } = await import("../install/read-node.ts");
    return await readNode(nodeName, options.kubeconfig);
  });
  if (options.output === undefined) process.stdout.write(made);
  else await replaceFile(options.output, { bytes: Buffer.from(made), mode: 0o644 });
}
