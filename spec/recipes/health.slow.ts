import express from 'express'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { healthChecks } from '../../demo/recipes/health/health-checks.js'
import { type DirectoryRouterOptions, directoryRouter, type PasswordHasher, StaticProvider } from '../../lib/index.js'
import { Gate } from '../support/gate.js'
import { runRecipe } from '../support/recipe.js'
import { listen } from '../support/serve.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'
import { ask } from '../support/visitor.js'

async function serveHealth(options: Partial<DirectoryRouterOptions> = {}) {
  const directory = directoryRouter({ provider: new StaticProvider({ users: [] }), ...options })
  const { server, url } = await listen(express().use('/health', healthChecks(directory)).use('/rest', directory))
  onTestFinished(async () => {
    server.close()
    await directory.close()
  })
  return { directory, statusOf: async (name: string) => (await ask(`${url}/health/${name}`)).status }
}

describe('The recipe "health"', () => {
  it('is ready once its threads have checked a password, and opens no session for any question', async () => {
    const gate = new Gate()
    const passwords: PasswordHasher = { hash: (password) => Promise.resolve(password), verify: () => gate.pass().then(() => false) }
    const { directory, statusOf } = await serveHealth({ passwords })

    const before = [await statusOf('live'), await statusOf('ready')]
    gate.open()
    const after = [await statusOf('live'), await statusOf('ready')]

    expect([before, after]).toEqual([
      [200, 503],
      [200, 200]
    ])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('is never ready where passwords cannot be checked, and says why', async () => {
    const complained = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    onTestFinished(() => complained.mockRestore())
    const passwords: PasswordHasher = {
      hash: (password) => Promise.resolve(password),
      verify: () => Promise.reject(new Error('no thread can be started'))
    }
    const { statusOf } = await serveHealth({ passwords })

    expect([await statusOf('live'), await statusOf('ready')]).toEqual([200, 503])
    expect(complained).toHaveBeenCalledWith(
      'This process cannot check passwords:',
      expect.objectContaining({ message: 'no thread can be started' })
    )
  })

  it('stays ready while the store is down: all processes would go out at once', async () => {
    const store = new StoreWithFaults()
    for (const verb of ['create', 'resume', 'count'] as const) store.fault(verb, isDown)
    const passwords: PasswordHasher = { hash: (password) => Promise.resolve(password), verify: () => Promise.resolve(false) }
    const { statusOf } = await serveHealth({ store, passwords })

    expect([await statusOf('live'), await statusOf('ready')]).toEqual([200, 200])
    expect(store.asked).toEqual([])
  })

  it('is not ready any more once the directory closes, and lives on for the requests under way', async () => {
    const { program, url } = await runRecipe('health/server.ts', { DRAIN_MILLISECONDS: '1000' })
    while ((await ask(`${url}/health/ready`)).status !== 200);

    program.send('SIGTERM')
    while ((await ask(`${url}/health/ready`)).status !== 503);
    const { status } = await ask(`${url}/health/live`)

    expect(status).toBe(200)
    expect(await program.ends()).toBe(0)
  })
})
