import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe } from 'vitest'

import { freePort } from './free-port.js'
import { GuardedProcess } from './guarded-process.js'
import { isServerThere } from './required-server.js'

/** OpenLDAP's own server over `dc=example,dc=com`, on a loopback port of its own. */
export class SlapdServer {
  readonly #port: number
  readonly #directory: string
  readonly #process: GuardedProcess

  private constructor(port: number, directory: string, process: GuardedProcess) {
    this.#port = port
    this.#directory = directory
    this.#process = process
  }

  /** Starts a server that holds the entries, written as LDIF. */
  static async start(entries: string): Promise<SlapdServer> {
    const directory = mkdtempSync(join(tmpdir(), 'slapd-server-'))
    const configuration = join(directory, 'slapd.conf')
    mkdirSync(join(directory, 'data'))
    writeFileSync(configuration, configurationFor(directory))
    const { status, stderr } = spawnSync('slapadd', ['-q', '-f', configuration], { input: entries, encoding: 'utf8', env: withSbin() })
    if (status !== 0) throw new Error(`slapadd failed: ${stderr}`)
    const port = await freePort()
    const args = ['-f', configuration, '-h', `ldap://127.0.0.1:${port}/`, '-d', '0']
    return new SlapdServer(port, directory, await GuardedProcess.start(port, '/usr/sbin/slapd', ...args))
  }

  get url(): string {
    return `ldap://127.0.0.1:${this.#port}`
  }

  async stop(): Promise<void> {
    await this.#process.end()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** A `describe` that needs slapd: without it, it is skipped with a line that says how to get it; where `SPEC_REQUIRE` lists `slapd`, it fails. */
export function describeWithSlapd(title: string, entries: string, define: (server: () => SlapdServer) => void): void {
  const isThere = isServerThere('slapd', spawnSync('slapadd', ['-VV'], { stdio: 'ignore', env: withSbin() }).error === undefined, 'slapd')
  describe.skipIf(!isThere)(isThere ? title : `${title} (skipped: apt-get install slapd)`, () => {
    let server: SlapdServer | null = null

    beforeAll(async () => {
      server = await SlapdServer.start(entries)
    })

    afterAll(async () => {
      await server?.stop()
    })

    define(() => {
      if (server === null) throw new Error('the server is started before the specs, not while they are collected')
      return server
    })
  })
}

// `bind_anon_dn` is what RFC 4513 section 5.1.2 warns of: a bind with a name and no password succeeds. Servers in the field are set up so.
function configurationFor(directory: string): string {
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${directory}/pid
allow bind_anon_dn
database mdb
maxsize 10485760
suffix "dc=example,dc=com"
directory ${directory}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,dc=example,dc=com" read by * none
`
}

/** Debian keeps the server's programs where only root's PATH leads. */
function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` }
}
