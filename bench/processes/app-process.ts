import type { AddressInfo } from 'node:net'

import { compareSync, hashSync } from 'bcryptjs'
import type { Express } from 'express'

import type { BenchAppOptions } from '../apps/bench-app.js'
import { type ContenderName, contenders } from '../apps/contenders.js'
import { password } from '../apps/people.js'
import { buildPopulation, type Population } from '../apps/population.js'
import { measureStore } from '../apps/store-rates.js'
import { trace } from '../measure/trace.js'
import { answerCalls } from './calls.js'

/** What the process that holds the apps can be asked for. */
const verbs = {
  /** Builds an app and listens; the port. */
  async open({ name, options }: { readonly name: ContenderName; readonly options: BenchAppOptions }): Promise<number> {
    const { app } = await contenders[name].build(options)
    return await listen(app)
  },
  /** Builds an app over a store that is full of sessions; the port, and what the sessions take. */
  async openPopulation(population: Population): Promise<{ readonly port: number; readonly bytesPerSession: number }> {
    const { app, bytesPerSession } = await buildPopulation(population)
    return { port: await listen(app), bytesPerSession }
  },
  /** What an engine of the stores does without HTTP. */
  measureStore,
  /** Begins or ends to listen to all tracing channels of the directories of this process. */
  trace,
  /** Of all threads, since the start. */
  cpuMicroseconds(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  heapBytes(): number {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  },
  /** What one thread can do that does nothing else: comparisons a second. */
  comparisonsPerSecond({ cost, milliseconds }: { readonly cost: number; readonly milliseconds: number }): number {
    const hash = hashSync(password, cost)
    compareSync(password, hash)
    const startedAt = performance.now()
    let count = 0
    do {
      compareSync(password, hash)
      count++
    } while (performance.now() - startedAt < milliseconds)
    return (count * 1000) / (performance.now() - startedAt)
  }
}

export type AppVerbs = typeof verbs

answerCalls(verbs)

async function listen(app: Express): Promise<number> {
  const server = app.listen(0, '127.0.0.1')
  // Connections are kept from burst to burst, however long the others take.
  server.keepAliveTimeout = 0
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}
