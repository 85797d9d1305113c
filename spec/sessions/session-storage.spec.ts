import { strict as assert } from 'node:assert'
import { runInNewContext } from 'node:vm'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { changeStorage, parseStorage, stringifyStorage } from '../../lib/sessions/session-storage.js'
import '../support/spec-storage.js'

const plenty = 65_536
const cycle: Record<string, unknown> = { inner: {} }
Object.assign(cycle['inner'] as object, { outer: cycle })

interface Draft {
  count?: number
  cart?: { apples: { n: number }[] }
}

class Basket {
  readonly items: readonly string[] = []
}

describe('what JSON cannot hold', () => {
  it.each<[string, unknown, string]>([
    ['a date', { since: new Date(0) }, 'storage.since is an instance of Date, which JSON cannot hold: write date.toISOString()'],
    ['undefined in an array', { a: { b: [undefined] } }, 'storage.a.b[0] is undefined, which JSON cannot hold: write null'],
    ['a function', { list: [0, () => 1] }, 'storage.list[1] is a function'],
    ['NaN', { n: [[NaN]] }, 'storage.n[0][0] is NaN'],
    ['Infinity', { n: -Infinity }, 'storage.n is -Infinity'],
    ['a bigint', { 'big number': 1n }, 'storage["big number"] is 1n, which JSON cannot hold: write String(value)'],
    ['a symbol', { s: Symbol('secret') }, 'storage.s is a symbol'],
    ['a member named by a symbol', { a: { [Symbol('tag')]: 1 } }, 'storage.a[Symbol(tag)] has a symbol for its name'],
    ['a Map', { m: new Map() }, 'storage.m is an instance of Map, which JSON cannot hold: write Object.fromEntries(map)'],
    ['a Set', { s: new Set() }, 'storage.s is an instance of Set, which JSON cannot hold: write [...set]'],
    ['a Buffer', { b: Buffer.from('x') }, 'storage.b is an instance of Buffer'],
    ['an object of a class', { basket: new Basket() }, 'storage.basket is an instance of Basket'],
    ['a boxed string', { s: Object('x') as unknown }, 'storage.s is an instance of String'],
    ['an object with toJSON', { t: { toJSON: () => 1 } }, 'storage.t is an object'],
    ['a hole', { list: Array.from(new Array<unknown>(2)) }, 'storage.list[0] is undefined'],
    ['a cycle', cycle, 'storage.inner.outer contains itself'],
    ['an array for the whole', [], 'storage must be a plain object, received []'],
    ['null for the whole', null, 'storage must be a plain object, received null']
  ])('is refused with its path: %s', (_what, storage, message) => {
    expect(() => stringifyStorage(storage, plenty)).toThrow(TypeError)
    expect(() => stringifyStorage(storage, plenty)).toThrow(message)
  })

  it('is refused in a sparse array, which JSON would fill with null', () => {
    const sparse: unknown[] = []
    sparse[1] = 'second'

    expect(() => stringifyStorage({ sparse }, plenty)).toThrow('storage.sparse[0] is undefined')
  })

  it('is not a member that is undefined, which is dropped', () => {
    expect(stringifyStorage({ a: undefined, b: { c: undefined, d: [{ e: undefined }] } }, plenty)).toBe('{"b":{"d":[{}]}}')
  })

  it('O secrets: is described by its kind, never by what is in it', () => {
    class Token {
      readonly value = 'hunter2'
    }

    expect(() => stringifyStorage({ token: new Token() }, plenty)).toThrow(/^(?!.*hunter2)/s)
  })

  it('is not an object of another realm, nor one that stands in two places', () => {
    const shared = { a: 1 }

    const text = stringifyStorage({ foreign: runInNewContext('({ b: [1] })') as unknown, left: shared, right: shared }, plenty)

    expect(text).toBe('{"foreign":{"b":[1]},"left":{"a":1},"right":{"a":1}}')
  })
})

describe('storage as text', () => {
  it('gives back whatever JSON holds, whatever it is called', () => {
    const keys = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'then', 'length'))
    const json = fc.dictionary(keys, fc.jsonValue({ noUnicodeString: false, stringUnit: 'binary' }), { noNullPrototype: true })

    fc.assert(
      fc.property(json, (storage) => {
        const wanted = JSON.parse(JSON.stringify(storage)) as unknown

        assert.deepEqual(parseStorage(stringifyStorage(storage, 1_000_000)), wanted)
      })
    )
  })

  it('is measured in bytes of UTF-8, to the byte', () => {
    const storage = { note: '\u20ac' }
    const bytes = Buffer.byteLength(JSON.stringify(storage))

    expect(stringifyStorage(storage, bytes)).toBe('{"note":"\u20ac"}')
    expect(() => stringifyStorage(storage, bytes - 1)).toThrow(
      new TypeError(`storage takes ${bytes} bytes as JSON, and session.maxStorageBytes allows ${bytes - 1}`)
    )
  })

  it('is read as a snapshot that is frozen to the ground', () => {
    const storage = parseStorage('{"cart":["apple",{"pear":[1]}]}') as { cart: [string, { pear: number[] }] }

    expect(() => storage.cart.push('plum', { pear: [] })).toThrow(TypeError)
    expect(() => storage.cart[1].pear.push(2)).toThrow(TypeError)
    expect(Object.isFrozen(parseStorage('{}'))).toBe(true)
  })
})

describe('a change of storage', () => {
  it('is handed a copy to edit, and what it leaves there counts', () => {
    const text = changeStorage(
      '{"count":1,"note":"old"}',
      (storage) => {
        storage.count = 2
        delete storage.note
      },
      plenty
    )

    expect(text).toBe('{"count":2}')
  })

  it('that returns something else than a promise is as good as one that returns nothing', () => {
    const text = changeStorage('{}', (storage) => (storage.count = 3), plenty)

    expect(text).toBe('{"count":3}')
  })

  it('that returns a promise is refused', () => {
    const change = async (storage: { count?: number }) => {
      await Promise.resolve()
      storage.count = 1
    }

    expect(() => changeStorage('{}', change as never, plenty)).toThrow('session.update takes a synchronous function')
  })

  it('that returns a promise which rejects harms nothing beside', async () => {
    const change = () => Promise.reject(new Error('nobody awaits this'))

    expect(() => changeStorage('{}', change as never, plenty)).toThrow('session.update takes a synchronous function')
    await new Promise(setImmediate)
  })

  it.each<[string, (storage: Draft) => unknown]>([
    ['a copy with more in it', (storage) => ({ ...storage, note: 'new' })],
    ['a deep copy', (storage) => structuredClone(storage)],
    ['a copy of a part', ({ cart }) => ({ ...cart })],
    ['something of its own', () => ({ count: 2 })],
    ['an object without a prototype', () => Object.assign(Object.create(null) as object, { count: 2 })]
  ])('that leaves the draft as it was and returns another object is told to edit in place: %s', (_what, change) => {
    expect(() => changeStorage('{"count":1,"cart":{"apples":[{"n":1}]}}', change as never, plenty)).toThrow(TypeError)
    expect(() => changeStorage('{"count":1,"cart":{"apples":[{"n":1}]}}', change as never, plenty)).toThrow('edits the draft in place')
  })

  it.each<[string, (storage: Draft) => unknown]>([
    ['the draft itself', (storage) => storage],
    ['a part of it', ({ cart }) => cart],
    ['a part of a part', ({ cart }) => cart?.apples.find(({ n }) => n === 1)],
    ['a list', ({ cart }) => cart?.apples.filter(({ n }) => n > 1)],
    ['a number', ({ count }) => count],
    ['nothing', () => undefined],
    ['null', () => null]
  ])('that changes nothing and returns something innocent changes nothing: %s', (_what, change) => {
    const text = '{"count":1,"cart":{"apples":[{"n":1}]}}'

    expect(changeStorage(text, change as never, plenty)).toBe(text)
  })

  it('that edits the draft may return whatever it likes', () => {
    const change = (storage: Draft) => Object.assign({}, storage, { count: (storage.count = 5) })

    expect(changeStorage('{"count":1}', change as never, plenty)).toBe('{"count":5}')
  })

  it('that returns any other thenable is refused as well', () => {
    const thenable = Object.assign(() => undefined, { then: () => undefined })

    expect(() => changeStorage('{}', () => ({ then: () => undefined }), plenty)).toThrow(TypeError)
    expect(() => changeStorage('{}', () => thenable, plenty)).toThrow(TypeError)
  })
})
