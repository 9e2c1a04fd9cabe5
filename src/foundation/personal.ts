import { inspect } from 'node:util';

/**
 * A value of a person that must never reach a log, an error or JSON by accident: it prints as `[personal]`.
 * `reveal()` is the one way out.
 */
export class Personal<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '[personal]';
  }

  toJSON(): string {
    return '[personal]';
  }

  [inspect.custom](): string {
    return '[personal]';
  }
}
