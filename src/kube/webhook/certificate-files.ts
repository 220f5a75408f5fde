import { readFileSync } from "node:fs";
import type { Logger } from "../../telemetry/log.ts";
import { readServingCertificate, type ServingCertificate } from "./certificate.ts";

export interface CertificatePaths {
  tlsCert: string;
  tlsKey: string;
}

const DAY_MS = 24 * 3600 * 1000;
const WARN_MS = 30 * DAY_MS;

/**
 * The serving certificate as its files have it. They are read again and again, content for content:
 * in a pod they are links that the kubelet swaps, on file systems that not all tell of changes.
 */
export class CertificateFiles {
  readonly #paths: CertificatePaths;
  readonly #log: Logger;
  readonly #now: () => number;
  #current: ServingCertificate;
  /** What was complained about last, so that it is not said with every look. */
  #complaint = "";
  #warnedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param now milliseconds since the epoch
   * @throws Error in words when they cannot be used; one that has expired can
   */
  constructor(paths: CertificatePaths, log: Logger, now: () => number = Date.now) {
    this.#paths = paths;
    this.#log = log;
    this.#now = now;
    this.#current = this.#read();
    this.#tellExpiry();
  }

  get current(): ServingCertificate {
    return this.#current;
  }

  /** Why nobody can trust it now, in words; "" when they can. */
  problem(): string {
    const { validFrom, validTo } = this.#current;
    const now = this.#now();
    if (now >= validTo) return `the serving certificate has expired at ${date(validTo)}`;
    return now < validFrom ? `the serving certificate is valid from ${date(validFrom)}` : "";
  }

  /**
   * Looks at the files. What cannot be used changes nothing, and the log says why.
   * @returns the certificate when there is a new one
   */
  poll(): ServingCertificate | null {
    const next = this.#readNew();
    if (next !== null) {
      this.#current = next;
      this.#warnedAt = Number.NEGATIVE_INFINITY;
      this.#log.info({ validTo: date(next.validTo) }, "serving certificate replaced");
    }
    this.#tellExpiry();
    return next;
  }

  #readNew(): ServingCertificate | null {
    try {
      const next = this.#read();
      const { cert, key } = this.#current;
      const changed = next.cert !== cert || next.key !== key;
      if (changed && next.validTo <= this.#now()) {
        throw new Error(`it has expired at ${date(next.validTo)}`);
      }
      this.#complaint = "";
      return changed ? next : null;
    } catch (error) {
      this.#complain((error as Error).message);
      return null;
    }
  }

  #read(): ServingCertificate {
    const { tlsCert, tlsKey } = this.#paths;
    try {
      return readServingCertificate(readFileSync(tlsCert, "utf8"), readFileSync(tlsKey, "utf8"));
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`serving certificate ${tlsCert} with ${tlsKey}: ${message}`, {
        cause: error,
      });
    }
  }

  #complain(reason: string): void {
    if (reason === this.#complaint) return;
    this.#complaint = reason;
    this.#log.warn({ reason }, "new serving certificate not used; the one before goes on");
  }

  /** Once a day: from 30 days before, of shorter ones in their last quarter. */
  #tellExpiry(): void {
    const { validFrom, validTo } = this.#current;
    const now = this.#now();
    if (validTo - now > Math.min(WARN_MS, (validTo - validFrom) / 4)) return;
    if (now - this.#warnedAt < DAY_MS) return;
    this.#warnedAt = now;
    const level = now >= validTo ? "error" : "warn";
    this.#log[level]({ validTo: date(validTo) }, "the serving certificate must be renewed");
  }
}

const date = (ms: number) => new Date(ms).toISOString();
