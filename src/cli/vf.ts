import type { Command } from "commander";
import type { VfInfo } from "../agent/vf-view.ts";
import { createClient } from "../api/client.ts";
import { type ShowOptions, toJson, withShowOptions } from "./show.ts";
import { renderVf, renderVfs } from "./vf-text.ts";

export function addVfCommand(program: Command): void {
  const vf = program.command("vf").description("show virtual functions, and plan what to make");
  addList(vf);
  addShow(vf);
  addRelease(vf);
  addPlan(vf);
}

/** Looks at this node itself: VFs are there without an agent. */
function addList(vf: Command): void {
  const list = vf
    .command("list", { isDefault: true })
    .description("show the PFs of this node with their VFs, and who has them if an agent runs");
  withShowOptions(list).action(async ({ socket, json }: ShowOptions) => {
    const { loadNative } = await import("../dataplane/native.ts");
    const { discoverHost } = await import("../../sriov/policy/provision.ts");
    const pfs = await discoverHost({ native: loadNative() });
    process.stdout.write(json ? toJson(pfs) : renderVfs(pfs, await askedAgent(socket)));
  });
}

const askedAgent = (socket: string): Promise<VfInfo[] | null> =>
  createClient(socket)
    .vfs()
    .catch(() => null);

function addShow(vf: Command): void {
  const about = "show one VF: who has it, how it is set up and what is given back";
  addForOne(vf, "show", about, (agent, address) => agent.vf(address), renderVf);
}

function addRelease(vf: Command): void {
  const about = "take a VF from its pod and make it what it was, as a DEL would";
  addForOne(
    vf,
    "release",
    about,
    (agent, address) => agent.releaseVf(address),
    ({ vf, attachment }) => `VF ${vf} is free: taken from attachment ${attachment}\n`,
  );
}

type Agent = ReturnType<typeof createClient>;

/** A command about one VF. @param ask what the agent is asked @param render its answer in words */
function addForOne<T>(
  vf: Command,
  name: string,
  about: string,
  ask: (agent: Agent, address: string) => Promise<T>,
  render: (answer: T) => string,
): void {
  const one = vf
    .command(name)
    .description(about)
    .argument("<address>", "PCI address like 0000:3b:02.1");
  withShowOptions(one).action(async (address: string, { socket, json }: ShowOptions) => {
    const answer = await ask(createClient(socket), address);
    process.stdout.write(json ? toJson(answer) : render(answer));
  });
}

function addPlan(vf: Command): void {
  vf.command("plan")
    .description("say what the policies of a configuration would change on this node; a dry run")
    .argument("<file>", "YAML file")
    .option("--json", "print JSON for programs")
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { loadConfig } = await import("../config/load.ts");
      const { loadNative } = await import("../dataplane/native.ts");
      const { usedInterfaces } = await import("../agent/provisioning.ts");
      const { planHost } = await import("../../sriov/policy/provision.ts");
      const { formatPlan } = await import("../../sriov/policy/format-plan.ts");
      const config = loadConfig(file);
      const host = { native: loadNative(), used: usedInterfaces(config) };
      const plan = await planHost(host, config.sriov.policies);
      process.stdout.write(json ? toJson(plan) : `${formatPlan(plan)}\n`);
    });
}
