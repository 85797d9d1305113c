import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { LruSessionStore } from '../../lib/stores/memory/session-store.js'
import type { SessionStore } from '../../lib/sessions/session-store.js'
import { behavesLikeASessionStore } from '../../lib/testing.js'
import { defectivePlaces } from './defective-places.js'
import { defectiveRecords } from './defective-records.js'
import { defectiveTimes, SlidingLate } from './defective-times.js'
import { expectWarnings } from '../support/quiet-warnings.js'

expectWarnings('EXPRESS_4D_DIRECTORY_LISTENER')

describe('the conformance kit', () => {
  it('finds nothing wrong with a store that keeps every promise', async () => {
    expect(await failuresOf(() => new LruSessionStore())).toEqual([])
  })

  it('finds nothing wrong with a store that slides late', async () => {
    expect(await failuresOf(() => new SlidingLate())).toEqual([])
  })

  it.each([...defectiveRecords, ...defectiveTimes, ...defectivePlaces])('finds out a store that $defect', async ({ create, foundBy }) => {
    const failures = await failuresOf(create, (title) => title === foundBy)

    expect(failures).toEqual([foundBy])
  })

  it('asks nothing of a store without the optional members', async () => {
    expect(await failuresOf(() => withoutOptionalMembers(new LruSessionStore()))).toEqual([])
  })

  it('gives each spec a store of its own, and closes every one', async () => {
    let opened = 0
    let closed = 0
    let specs = 0

    await runAll(
      () => {
        opened++
        const close = () => {
          closed++
          return Promise.resolve()
        }
        return Object.assign(new LruSessionStore(), { close })
      },
      () => specs++
    )

    expect(specs).toBeGreaterThan(50)
    expect([opened, closed]).toEqual([specs, specs])
  })

  it('runs under node:test', async () => {
    const file = join(__dirname, 'node-test-runner.ts')

    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--test', '--test-reporter', 'tap', file], {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined }
    })

    expect(stdout).toMatch(/^# pass [1-9]\d+$/m)
    expect(stdout).toMatch(/^# fail 0$/m)
  })

  it('runs under mocha', async () => {
    const mocha = createRequire(__filename).resolve('mocha/bin/mocha.js')
    const file = join(__dirname, 'mocha-runner.ts')

    const { stdout } = await promisify(execFile)(process.execPath, [mocha, '--require', 'tsx/cjs', '--reporter', 'json', file], {
      env: { ...process.env, NODE_OPTIONS: undefined }
    })

    const { stats } = JSON.parse(stdout) as { stats: { passes: number; failures: number } }
    expect(stats.passes).toBeGreaterThan(50)
    expect(stats.failures).toBe(0)
  })
})

/** The titles of the specs that fail. */
async function failuresOf(createStore: () => SessionStore, isWanted?: (title: string) => boolean): Promise<readonly string[]> {
  const failures: string[] = []
  await runAll(
    createStore,
    (title, error) => {
      if (error !== null) failures.push(title)
    },
    isWanted
  )
  return failures
}

/** The smallest runner there can be: it takes the specs down, and runs them one after the other. */
async function runAll(
  createStore: () => SessionStore,
  report: (title: string, error: unknown) => void,
  isWanted: (title: string) => boolean = () => true
): Promise<void> {
  const specs: { readonly title: string; readonly run: () => Promise<void> }[] = []
  const runner = {
    describe: (_title: string, define: () => void) => define(),
    it: (title: string, run: () => Promise<void>) => specs.push({ title, run })
  }
  behavesLikeASessionStore(runner, createStore)
  for (const { title, run } of specs.filter((spec) => isWanted(spec.title))) {
    try {
      await run()
      report(title, null)
    } catch (error) {
      report(title, error)
    }
  }
}

function withoutOptionalMembers(store: LruSessionStore): SessionStore {
  return {
    create: (...given) => store.create(...given),
    resume: (...given) => store.resume(...given),
    update: (...given) => store.update(...given),
    read: (...given) => store.read(...given),
    end: (...given) => store.end(...given),
    endByHandle: (...given) => store.endByHandle(...given),
    list: (...given) => store.list(...given),
    count: (...given) => store.count(...given)
  }
}
