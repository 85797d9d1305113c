// https://github.com/Seneca-CDOT/telescope/issues/490: a stream that is open keeps the process from ending.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { digest4D } from '../../lib/index.js'
import { EventStream } from '../support/event-stream.js'
import { freePort } from '../support/free-port.js'
import { sendHalf } from '../support/half-request.js'
import { snippets } from '../support/pages.js'
import { fromSource, Program } from '../support/program.js'
import { Visitor } from '../support/visitor.js'

const programs: Program[] = []
afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())))

function start(...command: readonly [string, ...string[]]): Program {
  const program = new Program(...command)
  programs.push(program)
  return program
}

/** SIGTERM, as of a container that is to end; what has not ended then is killed, as there. */
async function terminate(program: Program): Promise<number | string | null> {
  const killer = setTimeout(() => program.send('SIGKILL'), 5000)
  program.send('SIGTERM')
  const ended = await program.ends()
  clearTimeout(killer)
  return ended
}

describe('SIGTERM ends', () => {
  it('the demo, while tabs with its console are open and a login comes in drops', async () => {
    const demo = start('env', 'PORT=0', process.execPath, '--import', 'tsx', resolve('demo/server.ts'))
    const url = (await demo.says(/at (?<address>http:\/\/[^/]+)\//)).groups?.['address'] ?? ''
    const john = new Visitor(url)
    await john.logsInAs('john', '123')
    const cookie = `WASID4D=${john.sessionId ?? ''}`
    const tabs = [await EventStream.open(`${url}/console/events`, { cookie }), await EventStream.open(`${url}/console/events`, { cookie })]
    for (const tab of tabs) await tab.until(() => tab.messages.length > 0)
    const answering = sendHalf(`${url}/rest/$directory/login`)
    await demo.says(/currentUser'\n/)
    // Answered behind the login, whose head has so arrived.
    await john.isKnownAs()

    const ended = await terminate(demo)

    expect(ended).toBe(0)
    expect(demo.complaint).toBe('')
    await Promise.all(tabs.map((tab) => tab.ended))
    expect((await answering).status).toBe(503)
  })

  it('the command serve, while a login comes in drops', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shutting-down-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'directory.json')
    writeFileSync(path, JSON.stringify({ users: { ann: { password: digest4D('pass') } }, groups: {} }))
    const program = start('env', '-u', 'HOST', '-u', 'PORT', ...fromSource, 'serve', '--directory', path, '--port', '0')
    const [, url = ''] = await program.says(/(\S+)\/rest\/\$directory\/login/)
    const answering = sendHalf(`${url}/rest/$directory/login`)
    await new Visitor(url).logsInAs('ann', 'pass')

    const ended = await terminate(program)

    expect(ended).toBe(0)
    expect((await answering).status).toBe(503)
  })

  it("the README's quick start, whose port is free again", async () => {
    const scratch = mkdtempSync(resolve('spec/.quick-start-'))
    onTestFinished(() => rmSync(scratch, { recursive: true }))
    const quickStart = snippets.find(({ marks }) => marks.get('runs') === 'quick-start')?.text ?? ''
    writeFileSync(join(scratch, 'server.mts'), quickStart)
    const port = await freePort()
    const program = start('env', '-u', 'HOST', `PORT=${port}`, process.execPath, '--import', 'tsx', join(scratch, 'server.mts'))
    const [, url = ''] = await program.says(/Listening on (\S+)/)
    const answering = sendHalf(`${url}/rest/$directory/login`).catch((error: unknown) => error)
    await new Visitor(url).logsInAs('jsmith', 'smith')

    const ended = await terminate(program)

    expect(['SIGTERM', 0]).toContain(ended)
    await answering
    await expect(fetch(url)).rejects.toThrow()
  })
})
