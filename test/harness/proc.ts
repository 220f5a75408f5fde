import { readdirSync, readFileSync } from "node:fs";

/** One file of proc(5), of one process or thread. */
export interface ProcFile {
  /** Of the process or thread. */
  id: string;
  text: string;
}

/** This file of each process that there is. */
export function ofProcesses(file: string): ProcFile[] {
  return readEach("/proc", file);
}

/** This file of each thread of a process. @throws if the process has ended */
export function ofThreads(pid: number | string, file: string): ProcFile[] {
  return readEach(`/proc/${pid}/task`, file);
}

function readEach(directory: string, file: string): ProcFile[] {
  const ids = readdirSync(directory).filter((name) => /^\d+$/.test(name));
  return ids.flatMap((id) => {
    const text = readUnlessEnded(`${directory}/${id}/${file}`);
    return text === null ? [] : [{ id, text }];
  });
}

/** Between the look at a directory and the read of a file any process may end: ENOENT or ESRCH. */
function readUnlessEnded(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return null;
    throw error;
  }
}
