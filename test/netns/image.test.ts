import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "../../src/setup/run.mjs";
import { agentContainer, deployed } from "../fixtures/deploy.ts";
import { buildImage, type Image, throughContainer, unpackImage } from "../fixtures/image.ts";
import { openLab } from "../fixtures/lab.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { mustReach } from "../fixtures/ping.ts";
import { NETNS_DIR } from "../harness/namespace.ts";
import { must } from "../harness/run.ts";
import { openScope } from "../harness/scope.ts";

const timeout = 240_000;
const scope = await openScope("test", { catchSignals: true });
afterAll(() => scope[Symbol.asyncDispose](), timeout);

const archive = join(scope.dir, "image.tar");
const tree = join(scope.dir, "tree");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const lacks = whatIsMissing(["root"]) || (await buildImage(archive));

let image: Promise<Image> | undefined;
const unpacked = (): Promise<Image> => {
  image ??= unpackImage(archive, tree);
  return image;
};

test("programs run in the image, which has all that they load", { timeout }, async ({ skip }) => {
  skip(lacks !== "", lacks);
  const { config, run } = await unpacked();
  expect(config.Cmd).toEqual(["millrace", "help"]);
  expect(await run("millrace", "--version")).toMatchObject({ stdout: `${version}\n`, stderr: "" });
  expect((await run("millrace", "agent", "--help")).stdout).toContain("--config <file>");
  for (const name of ["@kubernetes/client-node", "@grpc/grpc-js", "@grpc/proto-loader", "etcd3"]) {
    const load = `require("/usr/lib/millrace/node_modules/${name}")`;
    expect(await run("node", "--eval", load)).toMatchObject({ exitCode: 0, stderr: "" });
  }
  const bin = ["--no-conflist", "--bin-dir", "/tmp/bin"];
  expect(await run("millrace", "install", ...bin)).toMatchObject({ exitCode: 0, stderr: "" });
  const answer = await must(join(tree, "tmp/bin/millrace"), [], {
    ...{ env: { CNI_COMMAND: "VERSION" }, input: "{}" },
  });
  expect(JSON.parse(answer).supportedVersions).toContain("1.1.0");
});

test("the agent attaches pods from a container with the rights of the DaemonSet", {
  timeout,
}, async ({ skip }) => {
  const missing = lacks || whatIsMissing(["root", "afXdp", "runc"]);
  skip(missing !== "", missing);
  await unpacked();
  const { securityContext } = agentContainer(deployed("millrace.yaml"));
  const name = scope.name("agent");
  const container = (netns: string) =>
    throughContainer(name, { ...{ tree, netns, securityContext }, dir: scope.dir });
  const lab = await openLab(scope, { through: container(join(NETNS_DIR, scope.name("node"))) });
  try {
    await mustReach(...(await lab.addPair()));
    expect(lab.agent.log()).not.toMatch(/EROFS|EPERM|"level":"(warn|error)"/);
  } finally {
    expect(await lab.agent.stop()).toBe(0);
  }
});

test("the same checkout makes the same image", { timeout }, async ({ skip }) => {
  skip(lacks !== "", lacks);
  const again = join(scope.dir, "again.tar");
  expect(await buildImage(again)).toBe("");
  expect(readFileSync(again).equals(readFileSync(archive))).toBe(true);
});
