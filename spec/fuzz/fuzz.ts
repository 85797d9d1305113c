import { randomInt } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type Conversation, conversation, type Damage, damages } from './conversations.js'
import { FuzzedApp, people, setupCount } from './fuzzed-apps.js'
import { holdConversation } from './hold-conversation.js'
import { judgeAnswers, judgeBytes, type Tally } from './judge-answers.js'
import { damageBytes, writeConversation } from './write-conversation.js'

/** How much the heap may have grown by the end: what the stores hold when they are full, and the noise of a test runner. */
const mostGrowthBytes = 12_000_000

const lanes = 8
/** What the apps are set up to be warned of. */
const provoked: ReadonlySet<unknown> = new Set(
  ['TRUST_PROXY', 'TRUST_EVERYBODY', 'PLAIN_HTTP'].map((code) => `EXPRESS_4D_DIRECTORY_${code}`)
)

/**
 * Holds `runs` conversations: with requests of any content that keep to HTTP, or with such whose bytes were damaged. `FUZZ_SEED` sends the same as the run
 * that printed it. Half-way through, all that may fill up is full: from there on the heap must not grow.
 */
export function fuzz(kind: 'requests' | 'bytes', runs: number): void {
  const seed = process.env['FUZZ_SEED'] === undefined ? randomInt(2 ** 31) : Number(process.env['FUZZ_SEED'])

  describe(`${runs} conversations with ${kind === 'bytes' ? 'damaged bytes' : 'requests of any content'} (FUZZ_SEED=${seed})`, () => {
    const apps: FuzzedApp[] = []
    const tally: Tally = { whole: 0, named: 0, nobody: 0 }
    const warnings: Error[] = []
    const keepWarning = (warning: Error) => warnings.push(warning)

    beforeAll(async () => {
      process.on('warning', keepWarning)
      for (let setup = 0; setup < setupCount; setup++) apps.push(await FuzzedApp.start(setup))
    })

    afterAll(async () => {
      process.off('warning', keepWarning)
      await Promise.all(apps.map((app) => app.close()))
    })

    it(
      "end, with documented answers, never with what is another user's, and leave nothing behind",
      { timeout: 60_000 + 50 * runs },
      async () => {
        const startedAt = performance.now()
        await sendAll(Math.ceil(runs / 2), seed)
        const heapHalfWay = heapAfterCollection()
        await sendAll(Math.floor(runs / 2), seed + lanes)
        const growth = heapAfterCollection() - heapHalfWay

        const seconds = (performance.now() - startedAt) / 1000
        console.log(
          `fuzz ${kind}: FUZZ_SEED=${seed}, ${Math.round(runs / seconds)} runs a second, heap ${Math.round(growth / 1000)} kB, ${JSON.stringify(tally)}`
        )
        expect(growth).toBeLessThan(mostGrowthBytes)
        expect(warnings.filter((warning) => !('code' in warning && provoked.has(warning.code)))).toEqual([])
        for (const [index, app] of apps.entries()) for (const person of people.keys()) await expectOwnAnswer(app, index, person)
        if (kind === 'requests') {
          expect(tally.whole).toBeGreaterThan(runs / 2)
          expect(tally.named).toBeGreaterThan(runs / 20)
          expect(tally.nobody).toBeGreaterThan(runs / 20)
        }
      }
    )

    async function sendAll(numRuns: number, seedOfHalf: number): Promise<void> {
      // Side by side, so that conversations meet.
      const perLane = Math.ceil(numRuns / lanes)
      await Promise.all(
        Array.from({ length: lanes }, (_, lane) => {
          const parameters = { numRuns: perLane, seed: seedOfHalf + lane }
          return kind === 'requests'
            ? fc.assert(fc.asyncProperty(conversation, sendRequests), parameters)
            : fc.assert(fc.asyncProperty(conversation, damages, sendDamaged), parameters)
        })
      )
    }

    async function sendRequests(held: Conversation): Promise<void> {
      const app = await appFor(held)
      const received = (await holdConversation(app.port, writeConversation(held, app), held, true)).toString('latin1')
      judgeBytes(received, held.person, app)
      if (held.ending === 'waits') judgeAnswers(received, held, app, tally)
    }

    async function sendDamaged(held: Conversation, done: readonly Damage[]): Promise<void> {
      const app = await appFor(held)
      const bytes = damageBytes(writeConversation(held, app), done)
      judgeBytes((await holdConversation(app.port, bytes, held, false)).toString('latin1'), held.person, app)
    }

    async function appFor({ setup, person }: Conversation): Promise<FuzzedApp> {
      const app = apps[setup]
      if (app === undefined) throw new Error(`there is no setup ${setup}`)
      await app.signIn(person)
      return app
    }
  })
}

/** The app still serves: each person's cookie is answered with that person. */
async function expectOwnAnswer(app: FuzzedApp, setup: number, person: number): Promise<void> {
  await app.signIn(person)
  const answer = await fetch(`http://127.0.0.1:${app.port}/rest/$directory/currentUser`, {
    headers: { cookie: `${app.cookieName}=${app.valueOf(person)}` }
  })
  const { result } = (await answer.json()) as { result: { userName: string } | null }
  expect({ setup, userName: result?.userName }).toEqual({ setup, userName: people[person]?.userName })
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
