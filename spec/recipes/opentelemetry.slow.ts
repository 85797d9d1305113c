import { afterAll, beforeAll, expect, it } from 'vitest'

import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { describeWithRedis } from '../support/redis-server.js'
import { ask, Visitor } from '../support/visitor.js'

interface ShownSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: Readonly<Record<string, unknown>>
}

describeWithRedis('The recipe "opentelemetry"', (server) => {
  let recipe: RunningRecipe

  beforeAll(async () => {
    recipe = await runRecipe('opentelemetry/server.ts', { REDIS_URL: server().url })
  })
  afterAll(() => recipe.program.kill())

  /** The spans of the request of that method and route, as `parent > child`. The span of HTTP itself ends last. */
  async function spansOf(route: string): Promise<{ readonly paths: readonly string[]; readonly spans: readonly ShownSpan[] }> {
    for (;;) {
      const { body } = await ask(`${recipe.url}/spans`)
      const all = body as readonly ShownSpan[]
      const request = all.find(({ attributes, name }) => attributes['http.route'] === route && !name.includes(' - '))
      if (request === undefined) continue
      const spans = all.filter(({ traceId }) => traceId === request.traceId)
      const nameOf = (spanId: string | undefined) => spans.find((span) => span.spanId === spanId)?.name
      const ours = spans.filter(({ name }) => name.startsWith('directory '))
      const paths = ours.map(({ name, parentSpanId }) => {
        const parent = nameOf(parentSpanId) ?? ''
        return parent.startsWith('directory ') ? `${parent} > ${name}` : name
      })
      return { paths, spans }
    }
  }

  it('shows what a login over Redis waited for, under the name of the endpoint', async () => {
    await new Visitor(recipe.url).logsInAs('jsmith', 'smith')

    const { paths, spans } = await spansOf('/rest/$directory/login')

    expect(paths).toEqual([
      'directory login endpoint > directory provider findUser',
      'directory login endpoint > directory hash verify',
      'directory login endpoint > directory store create',
      'directory login endpoint'
    ])
    expect(spans.find(({ name }) => name === 'directory login endpoint')?.attributes).toEqual({ 'directory.outcome': 'succeeded' })
  })

  it("shows what a host's own route waited for, and no id, name or password", async () => {
    const visitor = new Visitor(recipe.url)
    await visitor.logsInAs('jsmith', 'smith')

    await visitor.asks('/rest/Employee/7')
    const { paths, spans } = await spansOf('/rest/Employee/:id')

    expect(paths).toEqual(['directory store resume', 'directory provider findUserByID'])
    const ours = JSON.stringify(spans.filter(({ name }) => name.startsWith('directory ')))
    for (const secret of [visitor.sessionId ?? '', 'jsmith', '"smith"', '$2']) expect(ours).not.toContain(secret)
  })
})
