import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { freePort } from '../support/free-port.js'
import { describeWithNginx, NginxServer } from '../support/nginx-server.js'
import { root } from '../support/pages.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { Program } from '../support/program.js'
import { describeWithRedis } from '../support/redis-server.js'
import { Visitor } from '../support/visitor.js'

interface Service {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: readonly string[] | Readonly<Record<string, object>>
}

const folder = join(root, 'demo', 'docker')
const compose = parse(read('compose.yaml')) as { readonly services: Readonly<Record<string, Service>>; readonly volumes: object }
const services = Object.values(compose.services)
const dockerfile = read('Dockerfile')

describe('The compose file', () => {
  it('names files and services that are there', () => {
    const { context = '', dockerfile: path = '' } = compose.services['app']?.build ?? {}
    const mounted = services.flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    const needed = services.flatMap(({ depends_on = [] }) => (Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)) as string[])

    const missing = [
      ...mounted.filter((source) => (source.startsWith('.') ? !existsSync(join(folder, source)) : !(source in compose.volumes))),
      ...needed.filter((name) => !(name in compose.services))
    ]

    expect(resolve(folder, context)).toBe(root)
    expect(join(root, path)).toBe(join(folder, 'Dockerfile'))
    expect(missing).toEqual([])
  })

  it('sets the variables that the app reads', () => {
    const [, read = ''] = /const \{ (.*) \} = process\.env/.exec(readFileSync(join(folder, 'server.ts'), 'utf8')) ?? []

    expect(Object.keys(compose.services['app']?.environment ?? {}).filter((name) => !read.includes(name))).toEqual([])
  })
})

describeWithNginx('The image of the Dockerfile', () => {
  describeWithPostgres('with PostgreSQL', (postgres) => {
    describeWithRedis('and Redis', (redis) => {
      const image = mkdtempSync(join(tmpdir(), 'image-'))
      const programs: Program[] = []
      let nginx: NginxServer
      let port: number

      beforeAll(async () => {
        build(image)
        const database = new Client({ connectionString: postgres().url })
        await database.connect()
        await database.query(read('users.sql'))
        await database.end()
        port = await freePort()
        await start(port)
        nginx = await NginxServer.start(configurationFor(port, image), String(port))
      })

      afterAll(async () => {
        await nginx.stop()
        await Promise.all(programs.map((program) => program.kill()))
        rmSync(image, { recursive: true, force: true })
      })

      /** As the last line of the Dockerfile does, with nothing beside the one file. */
      async function start(at: number): Promise<Program> {
        const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? []
        const [node, file = ''] = JSON.parse(command) as readonly string[]
        const variables = {
          DATABASE_URL: postgres().url,
          REDIS_URL: redis().url,
          HOST: '127.0.0.1',
          PORT: String(at),
          NODE_ENV: 'production'
        }
        const program = new Program(
          'env',
          ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
          node === 'node' ? process.execPath : String(node),
          join(image, file)
        )
        programs.push(program)
        await program.says(/Listening on/)
        return program
      }

      it('lets the users of the database in, through nginx, by the address that nginx tells', async () => {
        const visitor = new Visitor(`http://127.0.0.1:${nginx.httpsPort}`)

        const { status } = await visitor.logsInAs('jsmith', 'smith', { 'x-forwarded-for': '198.51.100.1' })

        expect(status).toBe(200)
        expect((await visitor.asks('/rest/Employee')).body).toEqual({ for: 'jsmith' })
        expect(programs[0]?.printed).toContain('"ip":"127.0.0.1"')
        expect(programs[0]?.complaint).toBe('')
      })

      it('shares its sessions with a second process, and ends within its grace period', async () => {
        const visitor = new Visitor(`http://127.0.0.1:${port}`)
        await visitor.logsInAs('jsmith', 'smith')
        const second = await freePort()
        const program = await start(second)
        const elsewhere = new Visitor(`http://127.0.0.1:${second}`)
        elsewhere.sessionId = visitor.sessionId

        const name = await elsewhere.isKnownAs()
        program.send('SIGTERM')

        expect(name).toBe('jsmith')
        expect(await program.ends()).toBe(0)
      })

      it('is found healthy by its own command', () => {
        const [, check = '[]'] = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(dockerfile) ?? []
        const [, ...args] = (JSON.parse(check) as readonly string[]).map((word) => word.replace(':8044', `:${port}`))

        expect(args).toHaveLength(2)
        expect(spawnSync(process.execPath, args).status).toBe(0)
      })
    })
  })
})

/** Does what the Dockerfile does once its dependencies are there: `RUN` and `COPY --from=build`, into a folder that holds nothing else. */
function build(image: string): void {
  const [, command = 'false', file = ''] = /^RUN (npm run embed .* --outfile=(.*))$/m.exec(dockerfile) ?? []
  const moved = command.replace(`--outfile=${file}`, `--outfile=${join(image, file)}`)
  const { status, stderr } = spawnSync('sh', ['-c', moved], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** The servers of nginx.conf, with the app and the port where they are here. */
function configurationFor(port: number, directory: string): string {
  const path = join(directory, 'nginx.conf')
  writeFileSync(path, read('nginx.conf').replace('app:8044', `127.0.0.1:${port}`).replace('listen 8080', 'listen {HTTPS_PORT}'))
  return path
}

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}
