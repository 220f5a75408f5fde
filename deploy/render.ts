// Writes the plain manifests from the chart: node deploy/render.ts
import { writeFileSync } from "node:fs";
import { goTool } from "../test/harness/go-tools.ts";
import { MANIFESTS, manifestPath, render } from "./manifests.ts";

const { path: helm, lacks } = await goTool("helm");
if (lacks !== "") {
  console.error(lacks);
  process.exit(1);
}
for (const [name, more] of Object.entries(MANIFESTS)) {
  writeFileSync(manifestPath(name), await render(helm, more));
  console.log(`written    ${manifestPath(name)}`);
}
