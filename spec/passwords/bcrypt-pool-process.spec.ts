import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = resolve(__dirname, '../..')
const cache = join(root, 'node_modules/.cache')
let built = ''

// The same compiler options as the package, into a folder of our own from which the dependencies can be found.
beforeAll(async () => {
  await mkdir(cache, { recursive: true })
  built = await mkdtemp(join(cache, 'passwords-'))
  const project = join(built, 'tsconfig.json')
  const compilerOptions = { rootDir: join(root, 'lib'), outDir: built, typeRoots: [join(root, 'node_modules/@types')] }
  await writeFile(
    project,
    JSON.stringify({ extends: join(root, 'tsconfig.build.json'), compilerOptions, include: [join(root, 'lib/passwords')] })
  )
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', project])
})

afterAll(() => rm(built, { recursive: true, force: true }))

/** A process of its own that ends when nothing keeps it alive; after 20 seconds this rejects. */
async function runProgram(program: string, ...nodeOptions: string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [...nodeOptions, '--eval', program], { cwd: root, timeout: 20_000 })
  return JSON.parse(stdout)
}

function loginOnce(folder: string): string {
  return `
    const { BcryptPool } = require(${JSON.stringify(join(folder, 'passwords/bcrypt-pool'))})
    const pool = new BcryptPool({ cost: 4 })
    pool.hash('secret')
      .then(async hash => [await pool.verify('secret', hash), await pool.verify('Secret', hash)])
      .then(outcomes => console.log(JSON.stringify(outcomes)))`
}

describe('a process with a BcryptPool', () => {
  it('works from the build, and ends by itself after a login, without close', async () => {
    const program = loginOnce(built)

    const outcomes = await runProgram(program)

    expect(outcomes).toEqual([true, false])
  })

  it('works from source under tsx, and ends by itself', async () => {
    const program = loginOnce(join(root, 'lib'))

    const outcomes = await runProgram(program, '--require', 'tsx/cjs')

    expect(outcomes).toEqual([true, false])
  })

  it('waits for the logins under way before it ends', async () => {
    const program = `
      const { BcryptPool } = require(${JSON.stringify(join(built, 'passwords/bcrypt-pool'))})
      const pool = new BcryptPool({ cost: 4, threads: 1 })
      const logins = Array.from({ length: 20 }, (_, index) => pool.verify(String(index), null))
      Promise.all(logins).then(outcomes => console.log(outcomes.length))`

    const served = await runProgram(program)

    expect(served).toBe(20)
  })

  it('ends by itself after hashPassword', async () => {
    const program = `
      const { hashPassword } = require(${JSON.stringify(join(built, 'passwords/hash-password'))})
      hashPassword('secret', { cost: 4 }).then(hash => console.log(hash.length))`

    const length = await runProgram(program)

    expect(length).toBe(70)
  })
})
