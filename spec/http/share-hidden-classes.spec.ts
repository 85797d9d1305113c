// What `npm run bench -- live-session` shows as time, seen at what causes it.
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'

import express, { type Express, type Request, type Response } from 'express'
import request from 'supertest'
import { describe, expect, it } from 'vitest'

import { directoryRouter, StaticProvider } from '../../lib/index.js'

setFlagsFromString('--allow-natives-syntax')
const haveSameMap = runInThisContext('(one, other) => %HaveSameMap(one, other)') as (one: object, other: object) => boolean

/** Since V8 13 it shares the hidden classes of requests by itself. */
const isOldV8 = Number.parseInt(process.versions.v8) < 13

/** The last two of several requests of an app, with their answers. */
async function lastTwo(app: Express): Promise<readonly (readonly [Request, Response])[]> {
  const seen: (readonly [Request, Response])[] = []
  app.get('/page', (req, res) => {
    seen.push([req, res])
    res.json({})
  })
  const agent = request.agent(app)
  for (let turn = 0; turn < 4; turn++) await agent.get('/page').expect(200)
  return seen.slice(-2)
}

describe.runIf(isOldV8)("Express' requests and answers", () => {
  it('have hidden classes of their own without this package', async () => {
    const [one, other] = await lastTwo(express())

    expect(haveSameMap(one?.[0] ?? {}, other?.[0] ?? {})).toBe(false)
    expect(haveSameMap(one?.[1] ?? {}, other?.[1] ?? {})).toBe(false)
  })

  it('share their hidden classes behind the directory, and know each other as before', async () => {
    const app = express()
    app.use(directoryRouter({ provider: new StaticProvider({ users: [] }) }).sessionMiddleware)

    const [one, other] = await lastTwo(app)

    expect(haveSameMap(one?.[0] ?? {}, other?.[0] ?? {})).toBe(true)
    expect(haveSameMap(one?.[1] ?? {}, other?.[1] ?? {})).toBe(true)
    expect(one?.[0].res).toBe(one?.[1])
    expect(one?.[1].req).toBe(one?.[0])
  })
})
