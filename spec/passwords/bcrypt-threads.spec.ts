import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'

import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { bcryptThreadText } from '../../lib/passwords/bcrypt-thread.generated.js'
import { type BcryptTask, BcryptThreads } from '../../lib/passwords/bcrypt-threads.js'

const task: BcryptTask = { kind: 'hash', text: 'secret', cost: 4 }
const pools: BcryptThreads[] = []

function createThreads(idleMilliseconds?: number): BcryptThreads {
  const threads = new BcryptThreads(idleMilliseconds === undefined ? {} : { idleMilliseconds })
  pools.push(threads)
  return threads
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((threads) => threads.close()))
})

/** The threads that Node starts from now on; `onStart` is asked about each. */
function watchThreads(onStart: (worker: Worker) => void = () => undefined): Worker[] {
  const started: Worker[] = []
  function listen(worker: Worker): void {
    started.push(worker)
    onStart(worker)
  }
  process.on('worker', listen)
  onTestFinished(() => void process.off('worker', listen))
  return started
}

describe('the threads', () => {
  it('are taken again by the next task', async () => {
    const started = watchThreads()
    const threads = createThreads()

    await threads.run(task)
    await threads.run(task)

    expect(started).toHaveLength(1)
  })

  it('end when they have had nothing to do for a while, and the next task starts another', async () => {
    const started = watchThreads()
    const threads = createThreads(0)
    await threads.run(task)
    const [first] = started
    if (first !== undefined && first.threadId !== -1) await once(first, 'exit')
    const left = threads.size

    const { hash } = await threads.run(task)

    expect(left).toBe(0)
    expect(hash).toHaveLength(60)
    expect(started).toHaveLength(2)
  })

  it('may die while they are idle, which harms nobody', async () => {
    const started = watchThreads()
    const threads = createThreads()
    await Promise.all([threads.run(task), threads.run(task)])

    await started[0]?.terminate()

    await Promise.all([threads.run(task), threads.run(task)])
    expect(threads.retried).toBe(0)
    expect(started).toHaveLength(3)
  })

  it('may fail while they are idle, which ends no process', async () => {
    const started = watchThreads()
    const threads = createThreads()
    await threads.run(task)

    started[0]?.emit('error', new Error('out of memory'))

    expect(threads.size).toBe(0)
    await threads.run(task)
    expect(threads.retried).toBe(0)
  })

  it('that die at their start make nobody wait: the task fails with its cause, and the next one is served', async () => {
    let isDeadly = true
    watchThreads((worker) => {
      if (isDeadly) void worker.terminate()
    })
    const threads = createThreads()

    const failed: unknown = await threads.run(task).catch((error: unknown) => error)
    isDeadly = false

    expect(failed).toMatchObject({
      message: 'its thread died',
      cause: { message: expect.stringMatching(/^The thread ended with code \d$/) as string }
    })
    expect((await threads.run(task)).hash).toHaveLength(60)
  })

  it('end at close, whatever they are doing, and are not replaced', async () => {
    const started = watchThreads()
    const threads = createThreads()
    const running = threads.run({ ...task, cost: 15 }).catch((error: unknown) => error)

    await threads.close()

    expect(await running).toBeInstanceOf(Error)
    expect(started.map(({ threadId }) => threadId)).toEqual([-1])
    await expect(threads.run(task)).rejects.toThrow('the threads have been ended')
  })
})

describe("the threads' text", () => {
  it('holds the source of bcryptjs with its licence', () => {
    expect(bcryptThreadText).toContain('Redistributions in binary form must reproduce the above copyright')
  })

  it('needs no module but those of Node', () => {
    const required = [...bcryptThreadText.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name)

    expect(required).toEqual(expect.arrayContaining(['node:worker_threads']))
    expect(required.filter((name) => name !== 'crypto' && name?.startsWith('node:') !== true)).toEqual([])
  })
})
