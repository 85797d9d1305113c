import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { hash as bcryptHash } from 'bcryptjs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { digest4D, StaticProvider } from '../../lib/index.js'
import { Program } from '../support/program.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'
import { wakandaClients } from '../support/wakanda-clients.js'

/** One user for each form that a password has in a directory.json, and what both headers are answered. */
const people = [
  // The digest of the password: as good as the password itself.
  { name: 'Boss', password: 'pass', byPassword: 200, byDigest: 200 },
  // bcrypt of the password, by design: nobody can tell from a digest whether it fits.
  { name: 'zoe q', password: 'test', byPassword: 200, byDigest: 401 },
  // None, which is an empty one.
  { name: 'Admin', password: '', byPassword: 200, byDigest: 200 }
] as const

/** The command of the packed package as a user runs it: `serve` and `export` over one directory.json. */
export function specifyCommand(title: string, command: () => string): void {
  describe(title, () => {
    let folder: string
    let path: string
    const programs: Program[] = []

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'packed-command-'))
      path = join(folder, 'directory.json')
      const users = {
        designer: { alias: 'Boss', password: digest4D('pass') },
        administrator: { alias: 'Admin' },
        'zoe q': { password: (await bcryptHash('test', 10)).replace('$2b$', '$2y$') }
      }
      const groups = { Sales: { users: ['Boss', 'zoe q'] }, Office: { users: ['Admin'], groups: ['Sales'] } }
      writeFileSync(path, JSON.stringify({ users, groups }))
    })
    afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())))
    afterAll(() => rmSync(folder, { recursive: true }))

    async function serving(): Promise<string> {
      const program = new Program(command(), 'serve', '--directory', path, '--port', '0', '--licences', '50', '--allow-empty-passwords')
      programs.push(program)
      const [, url = ''] = await program.says(/(http:\S+)\/rest\/\$directory\/login/)
      return url
    }

    it('serves wakanda-client of every version, for each form of a password', async () => {
      const url = await serving()

      for (const { visit } of wakandaClients) {
        for (const { name, password } of people) {
          const visitor = visit(url)
          expect(await visitor.logsIn(name, `${password}?`)).toBe(false)
          expect(await visitor.logsIn(name, password)).toBe(true)
          expect(await visitor.currentUser()).toMatchObject({ userName: name })
          expect(await visitor.belongsTo('Office')).toBe(true)
          expect(await visitor.logsOut()).toBe(true)
        }
      }
    })

    it('serves the headers of 4D: the password for each form, its digest where the form allows to tell', async () => {
      const url = await serving()

      expect(await statusesAt(url)).toEqual(people)
    })

    it('exports what StaticProvider takes, and the same users log in there with the same headers', async () => {
      const { stdout } = await promisify(execFile)(command(), ['export', '--directory', path])
      const provider = new StaticProvider(JSON.parse(stdout) as ConstructorParameters<typeof StaticProvider>[0])
      const { url } = await serve({ provider, rest: { allowEmptyPasswords: true } })

      expect(await statusesAt(url)).toEqual(people)
      expect(stdout).not.toContain(digest4D('pass'))
    })
  })
}

async function statusesAt(url: string): Promise<unknown> {
  const answers: unknown[] = []
  for (const { name, password } of people) {
    const { status: byPassword } = await new Visitor(url).logsInAs(name, password)
    const { status: byDigest } = await new Visitor(url).logsInWithDigest(name, password)
    answers.push({ name, password, byPassword, byDigest })
  }
  return answers
}
