import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { within } from "./within.ts";

/** How long a process may take to answer a line or to end when asked to. */
const patienceMs = 5000;
const keptLines = 40;

/** A program that runs beside us: talked to by lines, stopped for certain. */
export class Child implements AsyncDisposable {
  readonly #name: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  /** The last lines, for the error of a process that ends when it should not. */
  readonly #said: string[] = [];
  readonly #unread: string[] = [];
  #notify: () => void = () => {};

  /** @throws Error when the program cannot be started */
  static async start(file: string, args: readonly string[]): Promise<Child> {
    const child = new Child(file, args);
    await once(child.#process, "spawn");
    return child;
  }

  /** Starts a program inside a network namespace; should we be killed, the kernel ends it. */
  static startInside(netns: string, file: string, args: readonly string[]): Promise<Child> {
    const inside = ["ip", "netns", "exec", netns, file, ...args];
    return Child.start("setpriv", ["--pdeathsig", "KILL", ...inside]);
  }

  private constructor(file: string, args: readonly string[]) {
    this.#name = [file, ...args].join(" ");
    this.#process = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stdin.on("error", () => {});
    this.#ended = once(this.#process, "close").catch(() => {});
    this.#ended.then(() => this.#notify());
    createInterface(this.#process.stdout).on("line", (line) => {
      this.#unread.push(line);
      this.#keep(line);
    });
    createInterface(this.#process.stderr).on("line", (line) => this.#keep(line));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** @throws Error with its last lines when it has ended */
  mustRun(): void {
    if (!this.running) throw new Error(`${this.#name}: ended; ${this.#tail()}`);
  }

  /** The next line of standard output. @throws Error when the process ends or is silent instead */
  async line(timeoutMs = patienceMs): Promise<string> {
    return within(this.#nextLine(), timeoutMs, () => `${this.#name}: silent; ${this.#tail()}`);
  }

  /** Waits until a recent line of either output contains `text`. */
  async until(text: string, timeoutMs: number): Promise<void> {
    const seen = () => this.#said.some((line) => line.includes(text));
    await within(this.#when(seen), timeoutMs, () => `${this.#name}: no "${text}"; ${this.#tail()}`);
  }

  /** Sends a line and returns the next one. */
  async ask(question: string): Promise<string> {
    this.#process.stdin.write(`${question}\n`);
    return this.line();
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Waits for the end. @throws Error when it is not a success or takes too long */
  async success(timeoutMs: number): Promise<void> {
    await within(this.#ended, timeoutMs, () => `${this.#name}: still running`);
    if (this.#process.exitCode !== 0) throw new Error(`${this.#name}: failed; ${this.#tail()}`);
  }

  /** Asks it to end, then insists. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.running) return;
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    await within(this.#ended, patienceMs, () => "").catch(() => this.signal("SIGKILL"));
    await this.#ended;
  }

  async #nextLine(): Promise<string> {
    await this.#when(() => this.#unread.length > 0);
    return this.#unread.shift() as string;
  }

  async #when(condition: () => boolean): Promise<void> {
    while (!condition()) {
      this.mustRun();
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }

  #keep(line: string): void {
    this.#said.push(line);
    if (this.#said.length > keptLines) this.#said.shift();
    this.#notify();
  }

  #tail(): string {
    return this.#said.length > 0 ? `it said:\n${this.#said.join("\n")}` : "it said nothing";
  }
}
