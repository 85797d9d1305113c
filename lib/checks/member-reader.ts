import { type Border, makeError, memberPath, mistake } from './border.js'
import { describeValue } from './describe-value.js'
import { didYouMean } from './did-you-mean.js'
import { canBeName, longestTexts } from '../text-bounds.js'
import { isPromise } from '../when-known.js'

/** Which whole numbers are right. */
export interface NumberRange {
  readonly from: number
  readonly to: number
  /** Such as `minutes`. */
  readonly unit?: string
}

/** Which texts are right, and how an error says it. */
export interface TextForm {
  readonly form: RegExp
  readonly wanted: string
}

/** Which objects are right. */
export interface ObjectForm<T> {
  readonly methods?: readonly (keyof T & string)[]
  readonly anyOf?: readonly (keyof T & string)[]
  readonly optional?: readonly (keyof T & string)[]
  readonly cure?: (value: unknown) => string | null
}

/** What to write instead of an option that is not there, by its name. */
export type Hints = Readonly<Record<string, string>>

/**
 * Reads the members of an object that came from outside: options, records, a provider's answers, files. `undefined` is absent. What is wrong is an
 * error that names the member, shows what was received unless it is secret, and says what is wanted.
 */
export class MemberReader {
  readonly #members: Readonly<Record<string, unknown>>
  readonly #path: string
  readonly #border: Border

  /** `path` is where the object stands: `users[3]`, `session`; `''` for the outermost. */
  constructor(value: unknown, path = '', border: Border = {}) {
    if (!isObject(value)) throw mistake(border, path, `${path === '' ? (border.whole ?? 'what is given') : path} must be an object`, value)
    this.#members = value
    this.#path = path
    this.#border = border
  }

  /** Where the member stands, in the spelling of JavaScript. */
  pathOf(name: string): string {
    return memberPath(this.#path, name)
  }

  /** The member as it is. */
  value(name: string): unknown {
    const value = this.#members[name]
    return value === null && this.#border.isRow ? undefined : value
  }

  isNull(name: string): boolean {
    return this.#members[name] === null
  }

  /** The names of its own members. */
  names(): readonly string[] {
    return Object.keys(this.#members)
  }

  /** The members of an object inside this one; where it is absent, of one without any. */
  inside(name: string): MemberReader {
    const value = this.value(name)
    return new MemberReader(value === undefined ? {} : value, this.pathOf(name), this.#border)
  }

  refuseUnknown(known: readonly string[], hints: Hints = {}): void {
    const unknown = Object.keys(this.#members).find((name) => !known.includes(name))
    if (unknown === undefined) return
    const hint = Object.hasOwn(hints, unknown) ? (hints[unknown] ?? '') : didYouMean(unknown, known)
    throw this.error(unknown, `Unknown option ${this.pathOf(unknown)}. ${hint}Known options: ${known.join(', ')}`)
  }

  wholeNumber<F extends number | null = number>(name: string, { from, to, unit }: NumberRange, fallback?: F): number | F {
    const wanted = `a whole number ${unit === undefined ? '' : `of ${unit} `}from ${from} to ${to}`
    return this.#read(name, fallback, wanted, (value) => Number.isInteger(value) && (value as number) >= from && (value as number) <= to)
  }

  /** A number over 0; `limit` names what `upTo` comes from. */
  positiveNumber(name: string, { upTo, limit, unit }: { upTo: number; limit: string; unit: string }, fallback?: number): number {
    const wanted = `a number of ${unit} over 0 and up to ${limit} (${upTo})`
    return this.#read(name, fallback, wanted, (value) => typeof value === 'number' && value > 0 && value <= upTo)
  }

  boolean<F extends boolean | null = boolean>(name: string, fallback?: F): boolean | F {
    return this.#read(name, fallback, 'true or false', (value) => typeof value === 'boolean')
  }

  oneOf<T>(name: string, choices: readonly T[], fallback?: T): T {
    const wanted = choices.map((choice) => describeValue(choice)).join(' or ')
    return this.#read(name, fallback, wanted, (value) => choices.includes(value as T))
  }

  text<F extends string | null = string>(name: string, { form, wanted }: TextForm, fallback?: F): string | F {
    return this.#read(name, fallback, wanted, (value) => typeof value === 'string' && form.test(value))
  }

  /** The name or ID of a user or a group. */
  name<F extends string | null = string>(name: string, fallback?: F): string | F {
    const value = this.#members[name]
    const withoutNUL = typeof value === 'string' && value.includes('\0') ? ', none of them NUL' : ''
    return this.#read(name, fallback, `a string of 1 to ${longestTexts.name} characters${withoutNUL}`, isName)
  }

  date<F extends Date | null = Date>(name: string, fallback?: F): Date | F {
    return this.#read(name, fallback, 'a valid Date', (value) => value instanceof Date && !Number.isNaN(value.getTime()))
  }

  /** A copy of an array of texts that are not empty; of a secret one nothing is shown. */
  texts(name: string, { isSecret = false } = {}): readonly string[] {
    const values = this.value(name)
    if (values === undefined) return []
    const refusal = (received: unknown, where = '') => {
      const problem = `${this.pathOf(name)} must be an array of strings that are not empty${where}`
      return isSecret ? this.error(name, problem) : mistake(this.#border, this.pathOf(name), problem, received)
    }
    if (!Array.isArray(values)) throw refusal(values)
    return Array.from<unknown, string>(values, (value, index) => {
      if (typeof value === 'string' && value !== '') return value
      throw refusal(value, `; [${index}] is not`)
    })
  }

  /** What `read` makes of each item of an array; `undefined` for one that is not `wanted`. An absent array has none. */
  items<T>(name: string, wanted: string, read: (item: unknown) => T | undefined): readonly T[] {
    return this.#list(name).map((item, index) => {
      const value = read(item)
      if (value !== undefined) return value
      const path = memberPath(this.pathOf(name), index)
      throw mistake(this.#border, path, `${path} must be ${wanted}`, item)
    })
  }

  /** The members of each object in an array; they are read as `border` says. An absent array has none. */
  objects(name: string, border: Border = this.#border): readonly MemberReader[] {
    return this.#list(name).map((item, index) => new MemberReader(item, memberPath(this.pathOf(name), index), border))
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- of a function no more can be checked than that it is one
  callback<T>(name: string): T | null {
    return this.#read<T | null>(name, null, 'a function', (value) => typeof value === 'function')
  }

  /**
   * An object with these methods, with one of `anyOf`, and perhaps with those that are `optional`. `cure` says what to write instead of something that is
   * often given in its place.
   */
  object<T>(name: string, { methods = [], anyOf = [], optional = [], cure = () => null }: ObjectForm<T>): T | null {
    const value = this.value(name)
    if (value === undefined) return null
    const members = value as Readonly<Record<string, unknown>> | null
    const has = (method: string) => typeof members?.[method] === 'function'
    const wrong = optional.find((method) => members?.[method] !== undefined && !has(method))
    if (wrong !== undefined) {
      const path = memberPath(this.pathOf(name), wrong)
      throw mistake(this.#border, path, `${path} must be a function or absent`, members?.[wrong])
    }
    const missing = methods.find((method) => !has(method)) ?? (anyOf.length === 0 || anyOf.some(has) ? undefined : anyOf.join(' or '))
    if (missing === undefined) return value as T
    throw this.mistake(name, `an object with the function ${missing}`, cureOfKind(value, [...methods, ...anyOf]) ?? cure(value))
  }

  /** The error for a member that is not what is wanted. */
  mistake(name: string, wanted: string, cure: string | null = null): Error {
    return mistake(
      this.#border,
      this.pathOf(name),
      `${this.pathOf(name)} must be ${wanted}`,
      this.#members[name],
      cure ?? this.#otherSpelling(name)
    )
  }

  #list(name: string): readonly unknown[] {
    const values = this.value(name)
    if (values === undefined) return []
    if (!Array.isArray(values)) throw this.mistake(name, 'an array')
    // So that a hole is checked like any other item.
    return Array.from<unknown>(values)
  }

  #read<T>(name: string, fallback: T | undefined, wanted: string, isRight: (value: unknown) => boolean): T {
    const value = this.value(name)
    if (value === undefined && fallback !== undefined) return fallback
    if (isRight(value)) return value as T
    throw this.mistake(name, wanted)
  }

  /** For a row whose column is called `id` or `user_name`. */
  #otherSpelling(name: string): string | null {
    if (!this.#border.isRow || this.#members[name] !== undefined) return null
    const letters = (text: string) => text.toLowerCase().replaceAll('_', '')
    const other = Object.keys(this.#members).find((each) => each !== name && letters(each) === letters(name))
    return other === undefined ? null : `it has ${memberPath('', other)}: write ${name}: row.${other}`
  }

  /** An error about a member, in words of its own. */
  error(name: string, problem: string): Error {
    return makeError(this.#border, problem, this.pathOf(name))
  }
}

/**
 * The options of a function or constructor, none of which is unknown. `example` is shown where there is no object at all.
 *
 * @throws TypeError
 */
export function readerOf(options: unknown, known: readonly string[], example: string, hints?: Hints): MemberReader {
  // A client or a pool itself, in the place of { client } or { pool }.
  const isSomethingElse = isObject(options) && !isPlain(options) && !known.some((name) => Object.hasOwn(options, name))
  if (!isObject(options) || isSomethingElse) {
    const awaited = isPromise(options) ? '; write await before it' : ''
    throw new TypeError(
      `${example.replace(/\(.*/s, '')} takes an object of options, as in ${example}, received ${describeValue(options)}${awaited}`
    )
  }
  const reader = new MemberReader(options)
  reader.refuseUnknown(known, hints)
  return reader
}

/** Whether it can be the name or ID of a user or a group. Asked before anything else is done with it. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && canBeName(value)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function cureOfKind(value: unknown, methods: readonly string[]): string | null {
  if (isPromise(value)) return 'write await before it'
  if (typeof value !== 'function') return null
  const prototype: unknown = value.prototype
  const isTheClass = isObject(prototype) && methods.some((method) => typeof prototype[method] === 'function')
  return isTheClass ? `write new ${value.name}(...)` : null
}
