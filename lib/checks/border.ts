import { isPromise } from '../when-known.js'
import { describeValue } from './describe-value.js'
import { quote } from './quote.js'

/** How a border speaks of what is wrong. What is absent of these: a TypeError that shows texts, and takes `null` for a mistake. */
export interface Border {
  readonly makeError?: (problem: string, path: string) => Error
  /** Texts are shown by their length alone, because one in the wrong place may be a hash. */
  readonly hidesTexts?: boolean
  /** A row of a database: SQL's `null` is as good as absent, and a column of another spelling is told. */
  readonly isRow?: boolean
  /** What the outermost object is called. */
  readonly whole?: string
}

/** The error for something at a border that is not what is wanted. */
export function mistake(border: Border, path: string, problem: string, received: unknown, cure: string | null = null): Error {
  const advice = cure ?? (isPromise(received) ? 'write await before it' : null)
  return makeError(
    border,
    `${problem}, received ${describeValue(received, border.hidesTexts)}${advice === null ? '' : `; ${advice}`}`,
    path
  )
}

export function makeError({ makeError: make }: Border, problem: string, path: string): Error {
  return make === undefined ? new TypeError(problem) : make(problem, path)
}

/** A step further: `users`, `users[3]`, `users["zoe q"].password`. */
export function memberPath(where: string, key: string | number): string {
  if (typeof key === 'number') return `${where}[${key}]`
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${where}[${quote(key)}]`
  return where === '' ? key : `${where}.${key}`
}
