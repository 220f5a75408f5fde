import { describe, expect, it } from "vitest";
import {
  allPackages,
  missingPackages,
  parseClangMajor,
  parseInstalled,
  resolveNames,
  wantedPackages,
} from "./packages.mjs";

describe("parseInstalled", () => {
  it("keeps installed and held packages with their versions", () => {
    const output = "cmake\tii \t3.25.1-1\nmake\thi \t4.3-4.1\n";
    expect([...parseInstalled(output)]).toEqual([
      ["cmake", "3.25.1-1"],
      ["make", "4.3-4.1"],
    ]);
  });

  it("leaves out packages that are removed, half installed or only unpacked", () => {
    const output = "a\trc \t1\nb\tun \t\nc\tiU \t2\nd\tiF \t3\n";
    expect(parseInstalled(output).size).toBe(0);
  });
});

describe("missingPackages", () => {
  it("keeps the order wanted and leaves out what is installed", () => {
    const installed = new Map([["cmake", "3.25.1-1"]]);
    expect(missingPackages(["clang", "cmake", "make"], installed)).toEqual(["clang", "make"]);
  });
});

describe("parseClangMajor", () => {
  it("reads the release from the Depends field and not from Breaks", () => {
    const text = "Package: clang\nBreaks: clang-3.2, clang-15\nDepends: clang-14 (>= 14~)\n";
    expect(parseClangMajor(text)).toBe("14");
  });

  it("gives null when there is nothing to read", () => {
    expect(parseClangMajor(null)).toBeNull();
    expect(parseClangMajor("Depends: libc6\n")).toBeNull();
  });
});

describe("wantedPackages", () => {
  it("adds the test tools for tests only", () => {
    expect(wantedPackages("test").required).toContain("libgtest-dev");
    expect(wantedPackages("demo").required).not.toContain("libgtest-dev");
  });

  it("can do without dpdk", () => {
    expect(wantedPackages("bench").optional).toContain("dpdk");
    expect(wantedPackages("bench").required).not.toContain("dpdk");
  });

  it("captures for the demo, and can do without the better decoder", () => {
    expect(wantedPackages("demo").required).toContain("tcpdump");
    expect(wantedPackages("demo").optional).toEqual(["tshark"]);
  });

  it("names the sanitizer runtime after the clang release", () => {
    const names = resolveNames(wantedPackages("test").required, () => "19");
    expect(names).toContain("libclang-rt-19-dev");
    expect(names.join(" ")).not.toContain("{");
  });

  it("does not ask for the clang release when no name needs it", () => {
    const ask = () => {
      throw new Error("asked");
    };
    expect(resolveNames(wantedPackages("demo").required, ask)).toContain("clang");
  });
});

describe("allPackages", () => {
  it("names each package of every purpose once", () => {
    const names = allPackages();
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(["clang", "tcpdump", "dpdk-dev"]));
  });
});
