// Builds the peers that tests find but do not build themselves: node test/harness/build-go-tools.ts
import { GO_RECIPES, type GoToolName } from "./go-recipes.ts";
import { buildGoTool } from "./go-tools.ts";

const known = Object.keys(GO_RECIPES) as GoToolName[];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : known;

for (const name of wanted) {
  const tool = known.find((one) => one === name);
  if (tool === undefined) {
    console.error(`${name}: accepted: ${known.join(", ")}`);
    process.exit(2);
  }
  console.log(`building ${name} ${GO_RECIPES[tool].version}, which takes minutes ...`);
  console.log(`  ${await buildGoTool(tool)}`);
}
