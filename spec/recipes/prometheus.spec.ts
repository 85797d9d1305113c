import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { ask, Visitor } from '../support/visitor.js'

describe('The recipe "prometheus"', () => {
  let recipe: RunningRecipe
  let metricsUrl: string

  beforeAll(async () => {
    recipe = await runRecipe('prometheus/server.ts', { METRICS_PORT: '0' })
    const [, url = ''] = await recipe.program.says(/Metrics on (http:\S+)/)
    metricsUrl = url
  })
  afterAll(() => recipe.program.kill())

  it('shows sessions, licences, logins and failures, as Prometheus reads them', async () => {
    const visitor = new Visitor(recipe.url)
    await visitor.logsInAs('jsmith', 'smith')
    await visitor.isKnownAs()
    await new Visitor(recipe.url).logsInAs('jsmith', 'wrong')
    await new Visitor(recipe.url).isKnownAs()

    const { headers, text } = await ask(metricsUrl)

    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    for (const line of [
      'directory_sessions{kind="signed_in"} 1',
      'directory_sessions{kind="guests"} 1',
      'directory_sessions{kind="unconfirmed"} 1',
      'directory_licences{kind="all"} 100',
      'directory_logins_total{outcome="succeeded"} 1',
      'directory_logins_total{outcome="failed"} 1',
      'directory_password_checks{state="waiting"} 0',
      'directory_accounts_waiting{by="throttle"} 0'
    ])
      expect(text.split('\n')).toContain(line)
    expect(text).not.toContain('directory_licences{kind="guests"}')
    expect(text).toMatch(/^directory_mean_seconds\{component="passwords"\} 0\.\d+$/m)
  })

  it('is nothing for the world', async () => {
    const { status } = await ask(`${recipe.url}/metrics`)

    expect(status).toBe(404)
  })
})
