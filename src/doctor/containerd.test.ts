import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkContainerd } from "./containerd.ts";
import { BIN, CONF, fixtureHost } from "./fixture.ts";
import type { DoctorHost } from "./host.ts";

function found(lines: (host: DoctorHost) => string[]) {
  const paths = fixtureHost();
  const host = fixtureHost({ "etc/containerd/config.toml": lines(paths).join("\n") });
  return checkContainerd({ ...host, confDir: paths.confDir, binDirs: paths.binDirs });
}

describe("checkContainerd", () => {
  it("has nothing to say where there is no configuration", () => {
    expect(checkContainerd(fixtureHost())).toEqual([]);
  });

  it("finds nothing wrong when it looks where we look", () => {
    const lines = ({ root }: DoctorHost) => [
      "version = 3",
      "disabled_plugins = []",
      '# conf_dir = "/somewhere/else"',
      "[plugins.'io.containerd.cri.v1.runtime'.cni]",
      `  bin_dirs = ['/first', '${join(root, BIN)}']`,
      `  conf_dir = '${join(root, CONF)}/'`,
      "  max_conf_num = 1",
    ];
    expect(found(lines)).toMatchObject([{ status: "ok" }]);
  });

  it("warns of other directories with the options that look there", () => {
    const lines = () => [
      'conf_dir = "/etc/other"',
      "bin_dirs = [",
      '  "/a",',
      '# "/c",',
      '  "/b",',
      "]",
    ];
    expect(found(lines).map(({ remedy }) => remedy)).toEqual([
      "millrace doctor --conf-dir /etc/other",
      "millrace doctor --bin-dir /a --bin-dir /b",
    ]);
  });

  it("warns of a CRI plugin that is disabled, as some packages do", () => {
    expect(found(() => ['disabled_plugins = ["cri"]'])).toMatchObject([
      { status: "warning", text: expect.stringContaining('disables the plugin "cri"') },
    ]);
    const long = 'disabled_plugins = ["io.containerd.grpc.v1.cri"]';
    expect(found(() => [long])[0]?.status).toBe("warning");
  });

  it("warns of more networks than one for every pod", () => {
    expect(found(() => ["max_conf_num = 0"])[0]?.text).toContain("max_conf_num = 0");
  });
});
