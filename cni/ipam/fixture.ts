import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IpamCall } from "./call.ts";

/** A directory of plugins for tests, each a program of few lines that really is executed. */
export class PluginDirectory {
  readonly path = mkdtempSync(join(tmpdir(), "mr-ipam-"));

  /** @param lines of a shell script; what it needs to remember it keeps in $DIR */
  add(type: string, lines: string, mode = 0o755): void {
    const head = `#!/bin/sh\nDIR=${this.path}\necho "$CNI_COMMAND $CNI_CONTAINERID:$CNI_IFNAME" >> $DIR/${type}.calls\n`;
    writeFileSync(join(this.path, type), `${head}${lines}\n`, { mode });
  }

  /** A plugin that gives an address and remembers it in `<type>.held` until DEL. */
  addGiving(type: string, result: unknown, onDel = ""): void {
    const held = `$DIR/${type}.held`;
    const add = `touch ${held}; cat <<'END'\n${JSON.stringify(result)}\nEND`;
    this.add(type, `case $CNI_COMMAND in ADD) ${add}\n;; DEL) ${onDel} rm -f ${held};; esac`);
  }

  read(name: string): string {
    try {
      return readFileSync(join(this.path, name), "utf8");
    } catch {
      return "";
    }
  }

  /** What a plugin was executed for, in order. */
  calls(type: string): string[] {
    return this.read(`${type}.calls`).split("\n").slice(0, -1);
  }

  call(type: string, ipam: Record<string, unknown> = {}): IpamCall {
    const config = { cniVersion: "1.0.0", name: "blue", type: "millrace" };
    return {
      type,
      env: { CNI_PATH: this.path },
      config: JSON.stringify({ ...config, ipam: { type, ...ipam } }),
    };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A prefix with gateway and route, as a plugin of version 1.0.0 gives it. */
export const GIVEN = {
  cniVersion: "1.0.0",
  ips: [{ address: "10.1.0.50/24", gateway: "10.1.0.1" }],
  routes: [{ dst: "0.0.0.0/0" }],
  dns: { nameservers: ["10.1.0.53"] },
};
