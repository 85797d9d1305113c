import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { Bench, type Servers } from '../../bench/bench.js'
import { runScenario, scenarios } from '../../bench/scenarios.js'
import { sizes } from '../../bench/size.js'
import { startServers } from '../../bench/start-servers.js'

/** The apps that each scenario speaks of where there is no server, in this order. */
const labels: Readonly<Record<string, readonly string[]>> = {
  'live-session': [
    'bare Express',
    'bare Express once more (control)',
    'a cookie and nothing else (floor)',
    'a Map, a guard and a cookie (the least of a session)',
    'express-4d-directory',
    'express-session, MemoryStore',
    'cookie-session',
    'passport-local, MemoryStore'
  ],
  'first-visit': [
    'bare Express',
    'bare Express once more (control)',
    'a cookie and nothing else (floor)',
    'express-4d-directory',
    'express-session, MemoryStore',
    'cookie-session'
  ],
  login: [
    'bare Express',
    'bare Express once more (control)',
    'express-4d-directory',
    'express-session, MemoryStore',
    'cookie-session',
    'passport-local, MemoryStore'
  ],
  logout: ['bare Express', 'bare Express once more (control)', 'express-4d-directory', 'express-session, MemoryStore', 'cookie-session'],
  logins: ['express-4d-directory', 'passport-local, MemoryStore'],
  sessions: [
    'express-4d-directory, guests, 10',
    'express-4d-directory, guests, 20',
    'express-4d-directory, signed in, 10',
    'express-4d-directory, signed in, 20',
    'express-session MemoryStore, guests, 10',
    'express-session MemoryStore, guests, 20'
  ],
  flood: ['express-4d-directory', 'express-session, MemoryStore'],
  visitors: ['express-4d-directory'],
  'store-verbs': ['memory'],
  'shared-stores': []
}

/** What the servers that are here add to a scenario. */
const sharedLabels = {
  redis: ['express-4d-directory, Redis', 'express-session, connect-redis'],
  postgres: ['express-4d-directory, PostgreSQL']
} as const
const scenariosOfServers = new Set(['live-session', 'first-visit', 'login', 'logout', 'visitors', 'shared-stores'])

/** Of design section 9, by the scenarios that measure them. */
const targetsOf: Readonly<Record<string, number>> = { 'live-session': 1, logins: 2, sessions: 3, flood: 1 }

describe('the bench at toy size', () => {
  let servers: Servers & { readonly stop: () => Promise<void> } = { stop: () => Promise.resolve() }

  beforeAll(async () => {
    servers = await startServers()
  })

  afterAll(async () => {
    await servers.stop()
  })

  it('has a row of labels here for each of its scenarios', () => {
    expect(Object.keys(scenarios)).toEqual(Object.keys(labels))
  })

  // A dozen processes for live-session.
  it.each(Object.keys(labels))('tells of everybody in %s, in every column', { timeout: 120_000 }, async (name) => {
    const expected = [
      ...(labels[name] ?? []),
      ...(scenariosOfServers.has(name) && servers.redisUrl !== undefined ? sharedLabels.redis : []),
      ...(scenariosOfServers.has(name) && servers.postgresUrl !== undefined ? sharedLabels.postgres : [])
    ]

    const result = await runScenario(name, new Bench(sizes.toy, servers))

    expect(result.rows.map(({ label }) => label)).toEqual(expect.arrayContaining(expected))
    for (const { figures } of result.rows) expect(Object.keys(figures)).toEqual(Object.keys(result.columns))
    for (const { figures } of result.rows) expect(Object.values(figures).filter((figure) => figure !== null)).toSatisfy(areNumbers)
    expect(result.targets.length).toBeGreaterThanOrEqual(targetsOf[name] ?? 0)
    for (const { verdict } of result.targets) expect(['reached', 'missed', 'too noisy to tell']).toContain(verdict)
  })
})

function areNumbers(figures: readonly (number | null)[]): boolean {
  return figures.length > 0 && figures.every((figure) => Number.isFinite(figure))
}
