import { resolve } from 'node:path'

import { afterEach, expect, it } from 'vitest'

import { requireUser } from '../../lib/index.js'
import { ApacheServer, describeWithApache } from '../support/apache-server.js'
import { describeWithNginx, NginxServer } from '../support/nginx-server.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { type Served, serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

expectWarnings('EXPRESS_4D_DIRECTORY_PRIVATE')

// expressjs/session#362, darkweak/souin#805, sidekiq/sidekiq#5936, auth0/nextjs-auth0#2112: a shared cache hands one visitor's session, or page, to the next.

const inAMinute = 'Thu, 01 Jan 2099 00:00:00 GMT'
const sayings: readonly (readonly [what: string, headers: Record<string, string>])[] = [
  ['nothing', {}],
  ['max-age', { 'Cache-Control': 'max-age=60' }],
  ['max-age and must-revalidate', { 'Cache-Control': 'max-age=60, must-revalidate' }],
  ['immutable', { 'Cache-Control': 'max-age=600, immutable' }],
  ['stale-while-revalidate', { 'Cache-Control': 'max-age=60, stale-while-revalidate=60' }],
  ['no-transform', { 'Cache-Control': 'no-transform, max-age=60' }],
  ['max-age=0', { 'Cache-Control': 'max-age=0' }],
  ['bare no-cache', { 'Cache-Control': 'no-cache' }],
  ['Expires', { Expires: inAMinute }],
  ['public', { 'Cache-Control': 'public, max-age=60' }],
  ['s-maxage', { 'Cache-Control': 's-maxage=60' }],
  ['X-Accel-Expires', { 'X-Accel-Expires': '60' }],
  ['CDN-Cache-Control', { 'CDN-Cache-Control': 'max-age=60', 'Cache-Control': 'max-age=60' }],
  ['Surrogate-Control', { 'Surrogate-Control': 'max-age=60', 'Cache-Control': 'max-age=60' }]
]

/** An app whose pages say what the spec has them say, and count how often they are made. */
async function servePages(headers: Record<string, string>): Promise<Served & { readonly made: string[] }> {
  const made: string[] = []
  const served = await serve({}, (app, directory) => {
    app.set('trust proxy', 'loopback')
    app.use('/rest', directory)
    app.use((req, res, next) => {
      res.set(headers).set('Last-Modified', 'Thu, 01 Jan 2026 00:00:00 GMT')
      made.push(req.path)
      next()
    })
    app.get('/rest/mine', (req, res) => void res.send(`page of ${req.directory.user?.userName ?? 'nobody'}`))
    app.get('/rest/guarded', requireUser(), (_req, res) => void res.send('page of jsmith'))
    app.get('/rest/everybody', (_req, res) => void res.send('page of everybody'))
    app.use(directory.errorHandler)
  })
  return { ...served, made }
}

let stop: () => Promise<void> = () => Promise.resolve()
afterEach(() => stop())

const proxies = [
  [
    'Apache mod_cache',
    describeWithApache,
    async (appPort: string) => {
      const apache = await ApacheServer.start(appPort)
      stop = () => apache.stop()
      return `http://127.0.0.1:${apache.port}`
    }
  ],
  [
    'nginx proxy_cache',
    describeWithNginx,
    async (appPort: string) => {
      const nginx = await NginxServer.start(resolve('spec/support/nginx-cache.conf'), appPort)
      stop = () => nginx.stop()
      return `http://127.0.0.1:${nginx.httpPort}`
    }
  ]
] as const

for (const [name, describeWithProxy, start] of proxies) {
  describeWithProxy(`A14.3.2 caches: ${name} in front`, () => {
    it.each(sayings)('hands nobody the cookie or the page of another: %s', async (_what, headers) => {
      const { url, made } = await servePages(headers)
      const proxy = await start(new URL(url).port)
      const jsmith = new Visitor(proxy)
      await jsmith.logsInAs('jsmith', 'smith')
      const paths = ['/rest/mine', '/rest/guarded', '/rest/everybody']

      const own = []
      for (const path of [...paths, ...paths]) own.push((await jsmith.asks(path)).text)
      const strangers = []
      for (const path of paths) strangers.push(await ask(proxy + path))
      // A validator that a stranger has from elsewhere.
      for (const path of paths)
        strangers.push(await ask(proxy + path, { headers: { 'if-modified-since': 'Fri, 02 Jan 2026 00:00:00 GMT' } }))

      expect(own).toEqual(Array(2).fill(['page of jsmith', 'page of jsmith', 'page of everybody']).flat())
      expect(strangers.flatMap(({ setCookies }) => setCookies).filter((cookie) => cookie.includes(jsmith.sessionId ?? 'none'))).toEqual([])
      expect(strangers.map(({ text }) => text).filter((text) => text === 'page of jsmith')).toEqual([])
      expect(made.filter((path) => path === '/rest/guarded').length).toBeGreaterThanOrEqual(3)
    })

    it('keeps a page of everybody that the host calls public', async () => {
      const { url, made } = await servePages({ 'Cache-Control': 'public, max-age=60' })
      const proxy = await start(new URL(url).port)

      const answers = [await ask(`${proxy}/rest/everybody`), await ask(`${proxy}/rest/everybody`)]

      expect(answers.map(({ text, setCookies }) => [text, setCookies])).toEqual(Array(2).fill(['page of everybody', []]))
      expect(made).toEqual(['/rest/everybody'])
    })
  })
}
