import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { AgentView } from "../agent/view.ts";
import { serveView } from "../api/fixture.ts";
import { CONFLIST_NAME } from "./cni-files.ts";
import type { Change, InstallOptions } from "./install.ts";

/** An executable as far as this directory looks into it. */
export const SHIM_TEXT = "#!/bin/sh\n# MILLRACE_TIMEOUT_MS\n";

/** Directories of a node and what install is told of them; removed when the test ends. */
export interface TestNode {
  dir: string;
  options: InstallOptions;
  socket: string;
  /** `done path` of each change so far, paths without `dir`. */
  changes: string[];
  told(change: Change): void;
  /** Paths below `dir`. */
  at(...path: string[]): string;
  /** Serves the agent's API until the test ends. */
  startAgent(changed?: Partial<AgentView>): Promise<void>;
}

export function testNode(): TestNode {
  const dir = mkdtempSync(join(tmpdir(), "millrace-install-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const at = (...path: string[]) => join(dir, ...path);
  const socket = at("agent.sock");
  for (const one of ["bin", "conf"]) mkdirSync(at(one));
  writeFileSync(at("built"), SHIM_TEXT);
  const changes: string[] = [];
  return {
    ...{ dir, at, socket, changes },
    told: ({ path, done }) => void changes.push(`${done} ${path.slice(dir.length + 1)}`),
    options: {
      ...{ binDir: at("bin"), confDir: at("conf"), shim: at("built") },
      conflist: { network: "blue", chain: [], socket, file: CONFLIST_NAME },
      ...{ waitSeconds: 0, force: false },
    },
    startAgent: (changed) => serveView(dir, socket, changed),
  };
}
