// https://github.com/jshttp/proxy-addr/issues/9: `app.listen('/run/app.sock')` behind nginx, with the usual `trust proxy: 'loopback'`.
import { resolve } from 'node:path'

import express from 'express'
import { expect, it, onTestFinished } from 'vitest'

import { collect } from '../support/collect.js'
import { hearWarnings } from '../support/hear-warnings.js'
import { describeWithNginx, NginxServer } from '../support/nginx-server.js'
import { serveOnSocket } from '../support/serve-on-socket.js'
import { Visitor } from '../support/visitor.js'

async function serveBehindNginx(trustProxy: unknown) {
  const warnings = hearWarnings()
  const { socketPath, directory } = await serveOnSocket((router) => express().set('trust proxy', trustProxy).use('/rest', router))
  const nginx = await NginxServer.start(resolve(__dirname, '../support/nginx-unix-socket.conf'), socketPath)
  onTestFinished(() => nginx.stop())
  const logIn = async (userName: string, password: string, headers = {}) =>
    (await new Visitor(`http://127.0.0.1:${nginx.httpPort}`).logsInAs(userName, password, headers)).status
  const addresses = async () => (await collect(directory.sessions.list())).map(({ ip }) => ip)
  return { logIn, addresses, codes: () => warnings.map(({ code }) => code) }
}

describeWithNginx('behind nginx over a unix socket', () => {
  it("under trust proxy 'loopback' nobody has an address: that is warned of, and a hundred strangers lock nobody out", async () => {
    const { logIn, addresses, codes } = await serveBehindNginx('loopback')

    for (let turn = 0; turn < 100; turn++) await logIn(`guess ${turn}`, 'x')

    expect(await logIn('jsmith', 'smith')).toBe(200)
    expect(await addresses()).toEqual([''])
    expect(codes()).toEqual(['NO_ADDRESS'])
  })

  it('under trust proxy 1 each client has the address that nginx knows, whatever it says itself', async () => {
    const { logIn, addresses, codes } = await serveBehindNginx(1)

    for (let turn = 0; turn < 100; turn++) await logIn(`guess ${turn}`, 'x', { 'x-forwarded-for': `203.0.113.${turn}` })
    const fromThere = await logIn('jsmith', 'smith', { 'x-forwarded-for': '198.51.100.9' })

    expect(fromThere).toBe(429)
    expect([await addresses(), codes()]).toEqual([[], []])
  })

  it('under trust proxy true a client chooses its address: that is warned of', async () => {
    const { logIn, addresses, codes } = await serveBehindNginx(true)

    const status = await logIn('jsmith', 'smith', { 'x-forwarded-for': '203.0.113.7' })

    expect([status, await addresses(), codes()]).toEqual([200, ['203.0.113.7'], ['TRUST_EVERYBODY']])
  })
})
