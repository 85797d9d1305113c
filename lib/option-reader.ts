import { inspect } from 'node:util'

/** Reads members of an options object. `undefined` means absent. Secrets are never shown. */
export class OptionReader {
  readonly #prefix: string
  readonly #options: Readonly<Record<string, unknown>>

  constructor(prefix: string, options: unknown) {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new TypeError(
        `${prefix === '' ? 'directoryRouter takes' : `${prefix.slice(0, -1)} must be`} an object of options, received ${inspect(options)}`
      )
    }
    this.#prefix = prefix
    this.#options = options as Record<string, unknown>
  }

  group(name: string): OptionReader {
    return new OptionReader(`${this.#prefix}${name}.`, this.#valueOr(name, {}))
  }

  refuseUnknown(known: readonly string[]): void {
    const unknown = Object.keys(this.#options).find((name) => !known.includes(name))
    if (unknown !== undefined) throw new TypeError(`${this.#prefix}${unknown} is no option: ${known.join(', ')} are`)
  }

  value(name: string): unknown {
    return this.#options[name]
  }

  #valueOr(name: string, fallback: unknown): unknown {
    const value = this.#options[name]
    return value === undefined ? fallback : value
  }

  number(name: string, { from, to }: { readonly from: number; readonly to: number }, unit: string, fallback: number): number {
    const value = this.#valueOr(name, fallback)
    if (value === fallback) return fallback
    if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return value
    throw this.#error(name, `a whole number of ${unit} from ${from} to ${to}`, typeof value === 'number' ? RangeError : TypeError)
  }

  boolean(name: string, fallback: boolean): boolean {
    return this.oneOf(name, [true, false], fallback)
  }

  oneOf<T>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.#valueOr(name, fallback)
    const choice = choices.find((candidate) => candidate === value)
    if (choice === undefined) throw this.#error(name, choices.map((candidate) => inspect(candidate)).join(' or '))
    return choice
  }

  text(name: string, form: RegExp, wanted: string, fallback: string): string {
    const value = this.#valueOr(name, fallback)
    if (typeof value !== 'string' || !form.test(value)) throw this.#error(name, wanted)
    return value
  }

  strings(name: string, isSecret = false): readonly string[] {
    const value = this.#valueOr(name, [])
    if (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')) return [...(value as string[])]
    if (isSecret) throw new TypeError(`${this.#prefix}${name} must be an array of strings that are not empty`)
    throw this.#error(name, 'an array of strings that are not empty')
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- of a function no more can be checked than that it is one
  callback<T>(name: string): T | null {
    const value = this.value(name)
    if (value === undefined) return null
    if (typeof value === 'function') return value as T
    throw this.#error(name, 'a function')
  }

  object<T>(name: string, methods: readonly (keyof T & string)[]): T | null {
    const value = this.value(name)
    if (value === undefined) return null
    const missing = methods.find((method) => typeof (value as Record<string, unknown> | null)?.[method] !== 'function')
    if (missing !== undefined)
      throw new TypeError(`${this.#prefix}${name} must be an object with the function ${missing}, received ${describe(value)} without it`)
    return value as T
  }

  #error(name: string, wanted: string, ErrorClass: new (message: string) => Error = TypeError): Error {
    return new ErrorClass(`${this.#prefix}${name} must be ${wanted}, received ${inspect(this.#options[name], { depth: 1 })}`)
  }
}

/** What kind of thing it is; what is in it may be a user's hash. */
function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `an instance of ${value.constructor.name || 'an unnamed class'}`
  return inspect(value)
}
