import type { z } from "zod";

interface Named {
  name: string;
}

interface Used {
  scenario: string;
  subject: string;
}

/** The names in a result, whatever else it holds. */
interface Names {
  scenarios: readonly Named[];
  subjects: readonly Named[];
  reference: string | null;
  measurements: readonly (Used & { metric: string })[];
  series: readonly Used[];
}

/** Every name that is used is listed, and nothing is there twice: reports look things up by name. */
export function checkNames(result: Names, context: z.RefinementCtx): void {
  const add = (path: (string | number)[], message: string) =>
    context.addIssue({ code: "custom", path, message });
  const { scenarios, subjects, reference, measurements, series } = result;
  checkUnique(scenarios, (at, name) => add(["scenarios", at], `${name} is there twice`));
  checkUnique(subjects, (at, name) => add(["subjects", at], `${name} is there twice`));
  checkUnique(measurements.map(named), (at, name) =>
    add(["measurements", at], `${name} is there twice; values of all rounds belong into one`),
  );
  if (reference !== null && !subjects.some(({ name }) => name === reference)) {
    add(["reference"], `${reference} is not one of the subjects`);
  }
  for (const [list, users] of Object.entries({ measurements, series })) {
    checkUsed(users, result, (at, key, name) => add([list, at, key], `${name} is not in ${key}s`));
  }
}

function checkUnique(list: readonly Named[], report: (at: number, name: string) => void): void {
  const seen = new Set<string>();
  for (const [at, { name }] of list.entries()) {
    if (seen.has(name)) report(at, name);
    seen.add(name);
  }
}

function named({ scenario, subject, metric }: Used & { metric: string }): Named {
  return { name: `${metric} of ${subject} under ${scenario}` };
}

function checkUsed(
  users: readonly Used[],
  { scenarios, subjects }: Names,
  report: (at: number, key: "scenario" | "subject", name: string) => void,
): void {
  const known = {
    scenario: new Set(scenarios.map(({ name }) => name)),
    subject: new Set(subjects.map(({ name }) => name)),
  };
  for (const [at, user] of users.entries()) {
    for (const key of ["scenario", "subject"] as const) {
      if (!known[key].has(user[key])) report(at, key, user[key]);
    }
  }
}
