import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { freePort } from '../support/free-port.js'
import { root, snippets } from '../support/pages.js'
import { Program } from '../support/program.js'
import { conversationsIn, runCurl } from '../support/run-curl.js'
import { Visitor } from '../support/visitor.js'

describe('the answers that the guides show', () => {
  const programs: Program[] = []
  const scratch = mkdtempSync(join(root, 'spec', '.answers-'))
  writeFileSync(join(scratch, 'package.json'), '{ "type": "module" }')

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.kill()))
    rmSync(scratch, { recursive: true, force: true })
  })

  /** Starts what a page calls by this name, and waits until it listens. */
  async function start(name: string, port: number, debug = ''): Promise<Program> {
    const source = snippets.find(({ marks }) => marks.get('runs') === name)
    const path = source === undefined ? join(root, 'demo', 'server.ts') : join(scratch, `${name}.ts`)
    if (source !== undefined) writeFileSync(path, source.text)
    const program = new Program('env', `PORT=${port}`, `NODE_DEBUG=${debug}`, process.execPath, '--import', 'tsx', path)
    programs.push(program)
    await program.says(new RegExp(`:${port}`))
    return program
  }

  it.each(['quick-start', 'demo'])('come out of the %s', async (name) => {
    const port = await freePort()
    await start(name, port)
    const shown = conversationsIn({ snippets }, name)

    expect(shown.length).toBeGreaterThan(1)
    const jars = new Map<string, string>()
    for (const { command, answer } of shown) expect(await runCurl(command.replaceAll(':8044', `:${port}`), jars), command).toBe(answer)
  })

  it('are told of by the debug lines that the guides show', async () => {
    const port = await freePort()
    const program = await start('quick-start', port, 'express-4d-directory')
    const visitor = new Visitor(`http://127.0.0.1:${port}`)
    await visitor.asks('/')
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    await visitor.asks('/login', { method: 'POST', headers: form, body: 'userName=jsmith&password=smith' })
    await visitor.asks('/')
    await program.says(/a guard found the user/)

    const shown = snippets.filter(({ marks }) => marks.get('prints') === 'quick-start').map(({ text }) => text)

    expect([withoutHandles(program.complaint)]).toEqual(shown.map(withoutHandles))
  })
})

/** Which process it was, and which session. */
function withoutHandles(lines: string): string {
  return lines.replace(/\b[0-9a-f]{16}\b/g, 'HANDLE').replace(/^(EXPRESS-4D-DIRECTORY) \d+/gm, '$1')
}
