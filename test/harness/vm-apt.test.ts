import { describe, expect, it } from "vitest";
import { kernelPackages, mirrorOf, programPackages } from "./vm-apt.ts";

describe("mirrorOf", () => {
  it("takes the mirror of either form of sources, and not that of the security updates", () => {
    const security = "URIs: http://security.debian.org/debian-security\n";
    expect(mirrorOf(`${security}URIs: http://one.test/debian/\n`)).toBe("http://one.test/debian");
    const line = "deb [arch=amd64 signed-by=/k.gpg] https://two.test/pub/debian bookworm main\n";
    expect(mirrorOf(`# deb http://no.test/debian x\n${line}`)).toBe("https://two.test/pub/debian");
  });

  it("falls back on Debian's own where none is named", () => {
    const other = "deb http://archive.ubuntu.com/ubuntu noble main\n";
    expect(mirrorOf(other)).toBe("http://deb.debian.org/debian");
  });
});

describe("kernelPackages", () => {
  const shown = (release: string) =>
    `Depends: linux-base (= 1), linux-image-${release} (= 1~bpo), linux-modules-amd64 (= 1)\n`;

  it("takes the newest kernel that is offered", () => {
    const text = ["7.10.1+deb13-amd64", "6.12.107+deb13-amd64", "7.3.4+deb13-amd64"].map(shown);
    expect(kernelPackages(text.join("\n"))).toEqual({
      release: "7.10.1+deb13-amd64",
      packages: ["binary", "modules", "base"].map((part) => `linux-${part}-7.10.1+deb13-amd64`),
    });
  });

  it("says which kernel there is when it is too old, or none", () => {
    const old = () => kernelPackages(shown("6.12.107+deb13-amd64"));
    expect(old).toThrow("Linux >= 7.0: trixie-backports of the mirror has 6.12.107+deb13-amd64");
    expect(() => kernelPackages("")).toThrow(/Linux >= 7\.0: .* has none/);
  });
});

describe("programPackages", () => {
  const inst = (version: string) =>
    `Inst libc6 (2.41-12 Debian:13.7/stable [amd64]) []\nInst qemu-system-x86 (${version} B [amd64])\nConf libc6 (2.41-12 x)\n`;

  it("names each package with its version, once", () => {
    expect(programPackages(inst("1:11.1.3+ds-1~bpo13+1"))).toEqual({
      qemu: "11.1.3+ds-1~bpo13+1",
      packages: ["libc6=2.41-12", "qemu-system-x86=1:11.1.3+ds-1~bpo13+1"],
    });
  });

  it("says which QEMU there is when it is too old", () => {
    expect(() => programPackages(inst("1:10.0.2+ds-2"))).toThrow(/QEMU >= 11\.0: .* has 10\.0\.2/);
  });
});
