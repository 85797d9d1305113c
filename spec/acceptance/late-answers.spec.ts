import { describe, expect, it } from 'vitest'

import { type Served, serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

/** A page that answers when it is told to, and tells when it has been asked. */
class SlowPage {
  readonly asked: Promise<void>
  #wasAsked: () => void = () => undefined
  readonly #released: Promise<void>
  release: () => void = () => undefined

  constructor() {
    this.asked = new Promise((resolve) => (this.#wasAsked = resolve))
    this.#released = new Promise((resolve) => (this.release = resolve))
  }

  async wait(): Promise<void> {
    this.#wasAsked()
    await this.#released
  }
}

function serveSlowly(page: SlowPage): Promise<Served> {
  return serve({}, (app, directory) => {
    app.use('/rest', directory)
    app.get('/rest/slow', (req, res, next) => {
      page.wait().then(() => res.json(req.directory.user?.userName ?? null), next)
    })
    app.get('/rest/leaving', (req, res, next) => {
      page
        .wait()
        .then(() => req.directory.logout())
        .then(() => res.json('left'), next)
    })
    app.get('/rest/streaming', (_req, res, next) => {
      res.write('first ')
      page.wait().then(() => res.end('last'), next)
    })
  })
}

describe('C: a slow answer that began as a guest', () => {
  it('does not undo the login that happened meanwhile', async () => {
    const page = new SlowPage()
    const { url } = await serveSlowly(page)
    const visitor = new Visitor(url)
    await visitor.isKnownAs()

    const slow = visitor.asks('/rest/slow')
    await page.asked
    await visitor.logsInAs('jsmith', 'smith')
    page.release()
    const answer = await slow

    expect([answer.text, answer.setCookies]).toEqual(['null', []])
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('does not undo it by a logout of its own either', async () => {
    const page = new SlowPage()
    const { url } = await serveSlowly(page)
    const visitor = new Visitor(url)
    await visitor.isKnownAs()

    const slow = visitor.asks('/rest/leaving')
    await page.asked
    await visitor.logsInAs('jsmith', 'smith')
    page.release()
    await slow

    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})

describe('C: a slow answer that began logged in', () => {
  it('does not bring the session back after a logout', async () => {
    const page = new SlowPage()
    const { url } = await serveSlowly(page)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const slow = visitor.asks('/rest/slow')
    await page.asked
    await visitor.logsOut()
    page.release()
    const answer = await slow

    expect(answer.setCookies).toEqual([])
    expect(await visitor.isKnownAs()).toBeNull()
  })

  it('does not overwrite the cookie of a newer login', async () => {
    const page = new SlowPage()
    const { url } = await serveSlowly(page)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const slow = visitor.asks('/rest/slow')
    await page.asked
    await visitor.logsInAs('john', '123')
    page.release()

    expect((await slow).setCookies).toEqual([])
    expect(await visitor.isKnownAs()).toBe('john')
  })

  it('is left without a cookie when the session was ended by its handle', async () => {
    const page = new SlowPage()
    const { url, directory } = await serveSlowly(page)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const slow = visitor.asks('/rest/slow')
    await page.asked
    await directory.sessions.endAll()
    page.release()

    expect((await slow).setCookies).toEqual([])
  })

  it('promises only what is left when it ends', async () => {
    const page = new SlowPage()
    const { url, clock } = await serveSlowly(page)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const slow = visitor.asks('/rest/slow')
    await page.asked
    clock.passMinutes(20)
    page.release()

    expect((await slow).setCookies).toEqual([expect.stringContaining('; Max-Age=2400;')])
  })

  it('promises nothing when the session has run out before it ends', async () => {
    const page = new SlowPage()
    const { url, clock } = await serveSlowly(page)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const slow = visitor.asks('/rest/slow')
    await page.asked
    clock.passMinutes(60)
    page.release()

    expect((await slow).setCookies).toEqual([])
  })

  it('has its cookie at the start where it is streamed', async () => {
    const page = new SlowPage()
    const { url } = await serveSlowly(page)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const streaming = visitor.asks('/rest/streaming')
    await page.asked
    page.release()
    const answer = await streaming

    expect([answer.text, answer.setCookies]).toEqual(['first last', [expect.stringContaining(visitor.firstSessionId ?? 'no id')]])
  })
})
