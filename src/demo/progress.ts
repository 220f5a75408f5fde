import { colors } from "../telemetry/colors.ts";

export interface Output {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Shows the state of a running step; the text replaces the one before. */
export type Live = (text: string) => void;

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;
/** Without a terminal a line per second shows what is new, and one in five that it goes on. */
const LINE_MS = 1000;
const REPEAT_MS = 5000;
const LABEL_WIDTH = 30;
const DEFAULT_COLUMNS = 80;
/** Steps that are over sooner need no clock. */
const CLOCK_FROM_MS = 4000;
const ERASE_LINE = "\r\x1b[2K";

/** Writes one line per step: moving while it runs, with its result at the end. */
export class Progress {
  readonly #out: Output;

  constructor(out: Output) {
    this.#out = out;
  }

  heading(text: string): void {
    this.#out.write(`\n${colors.bold(text)}\n`);
  }

  /** @param ok null for a remark that is neither good nor bad */
  line(ok: boolean | null, label: string, text: string): void {
    const mark = ok === null ? colors.cyan("·") : ok ? colors.green("✓") : colors.red("✗");
    this.#out.write(`  ${mark} ${label.padEnd(LABEL_WIDTH)} ${text}\n`);
  }

  /** Lines that belong to the one before. */
  detail(text: string): void {
    const lines = text.trimEnd().split("\n");
    this.#out.write(lines.map((line) => `      ${line}\n`).join(""));
  }

  /** Runs `work` and shows that it goes on; says nothing of its result. */
  async during<T>(label: string, work: (live: Live) => Promise<T>): Promise<T> {
    const started = performance.now();
    let latest = "";
    const text = () => [latest, clock(performance.now() - started)].filter(Boolean).join(", ");
    const end = this.#out.isTTY
      ? this.#animate(label, text)
      : this.#report(label, () => latest, text);
    try {
      return await work((shown) => {
        latest = shown;
      });
    } finally {
      end();
    }
  }

  #animate(label: string, text: () => string): () => void {
    let frame = 0;
    const draw = () => {
      const mark = colors.cyan(FRAMES[frame++ % FRAMES.length] ?? "");
      const width = (this.#out.columns || DEFAULT_COLUMNS) - LABEL_WIDTH - 6;
      const shown = text().slice(0, Math.max(0, width));
      this.#out.write(`${ERASE_LINE}  ${mark} ${label.padEnd(LABEL_WIDTH)} ${shown}`);
    };
    const timer = setInterval(draw, FRAME_MS);
    draw();
    return () => {
      clearInterval(timer);
      this.#out.write(ERASE_LINE);
    };
  }

  #report(label: string, latest: () => string, text: () => string): () => void {
    let shown = "";
    let silentMs = 0;
    const timer = setInterval(() => {
      silentMs += LINE_MS;
      if (latest() === shown && silentMs < REPEAT_MS) return;
      this.line(null, label, text());
      shown = latest();
      silentMs = 0;
    }, LINE_MS);
    return () => clearInterval(timer);
  }
}

function clock(ms: number): string {
  return ms < CLOCK_FROM_MS ? "" : `${Math.round(ms / 1000)} s`;
}
