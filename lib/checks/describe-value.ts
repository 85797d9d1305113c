import { inspect } from 'node:util'

import { escapeControlCharacters } from '../escape-text.js'
import { hideSecrets } from '../hide-secrets.js'
import { isPromise } from '../when-known.js'

const mostShownCharacters = 200

/**
 * A wrong value as an error shows it. Of an object only what kind of thing it is, since it may hold somebody's hash or password; of a text nothing but its
 * length where `hidesText`.
 */
export function describeValue(value: unknown, hidesText = false): string {
  if (typeof value === 'string') return describeText(value, hidesText)
  if (typeof value === 'function')
    return /^class\b/.test(Function.prototype.toString.call(value)) ? `the class ${value.name}` : 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value !== 'object' || value === null) return inspect(value)
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `an array of ${value.length}`
  if (isPromise(value)) return 'a promise'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'an instance of Date'
  const className = classNameOf(value)
  if (className !== 'Object') return `an instance of ${className}`
  const names = Object.keys(value)
  if (hidesText && names.length > 0) return 'an object'
  return names.length === 0 ? '{}' : cut(`an object with ${names.join(', ')}`)
}

function describeText(text: string, isHidden: boolean): string {
  if (text !== '' && isHidden) return `a string of ${text.length} characters`
  // A URL handed in where a client or a store belongs: `redis://user:password@host`.
  return cut(escapeControlCharacters(inspect(hideSecrets(text, []).slice(0, mostShownCharacters + 1))))
}

function classNameOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null) return 'Object'
  const make: unknown = Reflect.get(prototype as object, 'constructor')
  return typeof make === 'function' && make.name !== '' ? make.name : 'an unnamed class'
}

function cut(text: string): string {
  return text.length > mostShownCharacters ? `${text.slice(0, mostShownCharacters)}...` : text
}
