import { defineConfig } from "vitest/config";

/** Tests that create network namespaces share the kernel and few cores: one file at a time. */
function kernelProject(name: string, groupOrder: number) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: 30_000,
      fileParallelism: false,
      sequence: { groupOrder },
    },
  };
}

/** One process for all files: emulated, it takes seconds to start. */
function withoutIsolation(project: ReturnType<typeof kernelProject>) {
  return { ...project, test: { ...project.test, isolate: false } };
}

export default defineConfig({
  test: {
    // A thread of the addon that outlives a worker_thread takes the whole process down.
    pool: "forks",
    hookTimeout: 30_000,
    teardownTimeout: 30_000,
    // Verbose prints every title, and the reason of a test that was skipped with one.
    reporters: ["verbose"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{src,cni,sriov,bench,test}/**/*.test.ts"],
          exclude: ["test/{gate,netns,cni,cri,vm,kube}/**"],
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      // Counts instructions under valgrind.
      kernelProject("gate", 6),
      kernelProject("netns", 1),
      kernelProject("cni", 2),
      kernelProject("cri", 5),
      // Run inside guests by test/vm/run.ts; anywhere else its tests skip.
      withoutIsolation(kernelProject("vm", 3)),
      // Run by test/kube/run.ts, which sees to the programs; anywhere else its tests skip.
      kernelProject("kube", 4),
    ],
  },
});
