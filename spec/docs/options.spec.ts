import { describe, expect, it } from 'vitest'

import { defaults } from '../../lib/options.js'
import { readThrottleLimits } from '../../lib/auth/throttle/rules.js'
import { page, rowsOf } from '../support/pages.js'

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

  it('begin with twelve options, which are all that most apps need', () => {
    const first = rows.findIndex(([, heading]) => heading === 'Default')
    const second = rows.findIndex(([, heading], index) => index > first && heading === 'Default')

    expect(second - first - 1).toBe(12)
  })
})

function flatten(group: string, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]))
}

function spelled(option: string, value: unknown): string {
  if (option === 'rest.minIdleMinutes') return `the smaller of ${String(value)} and \`idleMinutes\``
  if (value === Infinity) return 'unlimited'
  if (typeof value === 'string') return `\`'${value}'\``
  return typeof value === 'boolean' ? `\`${value}\`` : String(value)
}
