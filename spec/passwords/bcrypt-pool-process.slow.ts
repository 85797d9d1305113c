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
  return await runProgramIn({}, program, ...nodeOptions)
}

async function runProgramIn(env: NodeJS.ProcessEnv, program: string, ...nodeOptions: string[]): Promise<unknown> {
  const options = { cwd: root, timeout: 20_000, env: { ...process.env, ...env } }
  const { stdout } = await run(process.execPath, [...nodeOptions, '--eval', program], options)
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

describe("the threads of a process with a host's own ways", () => {
  const [major = 0] = process.versions.node.split('.').map(Number)
  const permission = [major >= 24 ? '--permission' : '--experimental-permission', '--allow-fs-read=*']
  const preloaded = () => join(built, 'preloaded.cjs')

  beforeAll(async () => {
    await writeFile(preloaded(), "if (!require('node:worker_threads').isMainThread) throw new Error('preloaded into a thread')")
  })

  it('work where no code may be made of strings', async () => {
    const outcomes = await runProgram(loginOnce(built), '--disallow-code-generation-from-strings')

    expect(outcomes).toEqual([true, false])
  })

  it('work under the permission model with --allow-worker', async () => {
    const outcomes = await runProgram(loginOnce(built), ...permission, '--allow-worker')

    expect(outcomes).toEqual([true, false])
  })

  it('name --allow-worker at once where it is missing, with the cause, and try nothing twice', async () => {
    const program = `
      const { BcryptPool } = require(${JSON.stringify(join(built, 'passwords/bcrypt-pool'))})
      const pool = new BcryptPool({ cost: 4 })
      pool.verify('secret', null).catch(({ status, code, message, cause }) =>
        console.log(JSON.stringify({ status, code, message, cause: cause.cause.code, retried: pool.statistics.retried })))`

    const told = await runProgram(program, ...permission)

    expect(told).toEqual({
      status: 503,
      code: 'ERR_LOGIN_QUEUE_FULL',
      message: expect.stringContaining('start Node with --allow-worker') as string,
      cause: 'ERR_ACCESS_DENIED',
      retried: 0
    })
  })

  it('preload nothing of what the command line preloads', async () => {
    const outcomes = await runProgram(loginOnce(built), '--require', preloaded())

    expect(outcomes).toEqual([true, false])
  })

  it('preload nothing of what NODE_OPTIONS preloads', async () => {
    const env = { NODE_OPTIONS: `--require ${preloaded()}` }

    const outcomes = await runProgramIn(env, loginOnce(built))

    expect(outcomes).toEqual([true, false])
  })

  it('work where Node takes texts for ES modules', async () => {
    const program = `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(join(built, 'x.js'))});${loginOnce(built)}`

    const outcomes = await runProgramIn({ NODE_OPTIONS: '--input-type=module' }, program)

    expect(outcomes).toEqual([true, false])
  })

  it('hear nothing of the messages that the process gets, and leave them to the host', async () => {
    const host = join(built, 'host.cjs')
    await writeFile(
      host,
      `process.on('message', (message) => { process.send({ message }); process.disconnect() })
       ${loginOnce(built).replace('console.log(JSON.stringify(outcomes))', 'process.send({ outcomes })')}`
    )
    const program = `
      const told = {}
      const host = require('node:child_process').fork(${JSON.stringify(host)})
      host.on('message', (part) => { Object.assign(told, part); if (part.outcomes) host.send('shut down') })
      host.on('exit', (code) => console.log(JSON.stringify({ ...told, code })))`

    const told = await runProgram(program)

    expect(told).toEqual({ outcomes: [true, false], message: 'shut down', code: 0 })
  })
})
