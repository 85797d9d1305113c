import { describe, expect, it } from 'vitest'

import { BcryptPool, directoryRouter, type DirectoryRouterOptions, LruSessionStore, StaticProvider } from '../../lib/index.js'
import { defaults } from '../../lib/options.js'
import { PostgresSessionStore, type PostgresSessionStoreOptions } from '../../lib/postgres.js'
import { RedisLoginThrottle, type RedisLoginThrottleOptions, RedisSessionStore, type RedisSessionStoreOptions } from '../../lib/redis.js'
import { readThrottleLimits } from '../../lib/auth/throttle/rules.js'
import { page, rowsOf } from '../support/pages.js'

const provider = new StaticProvider({ users: [] })
/** An option that there is not. */
const unknown = { there: 'is none' } as object
const rows = rowsOf(page('docs/options.md'))

describe('the tables of options', () => {
  it('A7.1.1, A7.1.2: state the defaults that the code has', () => {
    const { revalidateSeconds, providerTimeoutMilliseconds } = defaults
    const all = Object.entries({
      ...flatten('session', defaults.session),
      ...flatten('quotas', defaults.quotas),
      ...flatten('cookie', defaults.cookie),
      ...flatten('rest', defaults.rest),
      revalidateSeconds,
      providerTimeoutMilliseconds
    })

    const stated = rows.map(([option, value]) => `${option}: ${value}`)

    for (const [option, value] of all) expect(stated).toContainEqual(`\`${option}\`: ${spelled(option, value)}`)
  })

  it("state every limit of the throttle with the code's default", () => {
    const [, told = ''] = rows.find(([made]) => made?.startsWith('`new MemoryLoginThrottle')) ?? []

    const stated = [...told.matchAll(/`(?<name>[a-zA-Z]+)` (?<value>\d+)/g)].map(({ groups }) => [
      groups?.['name'],
      Number(groups?.['value'])
    ])

    expect(Object.fromEntries(stated)).toEqual({ ...readThrottleLimits({}), maxKeys: 100_000 })
  })

  it('list every option of the directory', () => {
    const stated = rows.map(([option = '']) => option.replaceAll('`', ''))

    const missing = ['', 'session', 'quotas', 'cookie', 'rest'].flatMap((drawer) => {
      const names = knownTo(() =>
        directoryRouter((drawer === '' ? unknown : { provider, [drawer]: unknown }) as unknown as DirectoryRouterOptions)
      )
      const isDrawer = (name: string) => drawer === '' && ['session', 'quotas', 'cookie', 'rest'].includes(name)
      return names.filter((name) => !isDrawer(name)).map((name) => (drawer === '' ? name : `${drawer}.${name}`))
    })

    expect(missing.filter((option) => !stated.includes(option))).toEqual([])
  })

  it.each([
    { made: 'new LruSessionStore', make: () => new LruSessionStore(unknown) },
    { made: 'new RedisSessionStore', make: () => new RedisSessionStore(unknown as unknown as RedisSessionStoreOptions) },
    { made: 'new PostgresSessionStore', make: () => new PostgresSessionStore(unknown as unknown as PostgresSessionStoreOptions) },
    { made: 'new BcryptPool', make: () => new BcryptPool(unknown) }
  ])('list every option of $made', ({ made, make }) => {
    const [, told = ''] = rows.find(([name]) => name?.startsWith(`\`${made}`)) ?? []

    expect(knownTo(make).filter((option) => !told.includes(`\`${option}\``))).toEqual([])
  })

  it('list every option of new RedisLoginThrottle', () => {
    const ofMemory = Object.keys(readThrottleLimits({}))
    const [, told = ''] = rows.find(([name]) => name?.startsWith('`new RedisLoginThrottle')) ?? []

    const known = knownTo(() => new RedisLoginThrottle(unknown as unknown as RedisLoginThrottleOptions))

    expect(known.filter((option) => !ofMemory.includes(option) && !told.includes(`\`${option}\``))).toEqual([])
  })

  it('begin with twelve options, which are all that most apps need', () => {
    const first = rows.findIndex(([, heading]) => heading === 'Default')
    const second = rows.findIndex(([, heading], index) => index > first && heading === 'Default')

    expect(second - first - 1).toBe(12)
  })
})

/** The options that something takes, as its refusal of another one lists them. */
function knownTo(make: () => unknown): readonly string[] {
  try {
    make()
  } catch (error) {
    return /Known options: (.*)$/.exec(String(error))?.[1]?.split(', ') ?? []
  }
  return []
}

function flatten(group: string, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]))
}

function spelled(option: string, value: unknown): string {
  if (option === 'rest.minIdleMinutes') return `the smaller of ${String(value)} and \`idleMinutes\``
  if (value === Infinity) return 'unlimited'
  if (typeof value === 'string') return `\`'${value}'\``
  return typeof value === 'boolean' ? `\`${value}\`` : String(value)
}
