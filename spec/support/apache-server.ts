import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe } from 'vitest'

import { freePort } from './free-port.js'
import { GuardedProcess } from './guarded-process.js'
import { isServerThere } from './required-server.js'

const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'cache', 'cache_disk']

/** A real Apache in front of an app, which keeps what its `mod_cache` keeps by default. */
export class ApacheServer {
  readonly #directory: string
  readonly #process: GuardedProcess
  readonly port: number

  private constructor(directory: string, process: GuardedProcess, port: number) {
    this.#directory = directory
    this.#process = process
    this.port = port
  }

  static async start(appPort: string): Promise<ApacheServer> {
    const directory = mkdtempSync(join(tmpdir(), 'apache-server-'))
    mkdirSync(join(directory, 'cache'))
    // Started as root, it works as another user.
    for (const path of [directory, join(directory, 'cache')]) chmodSync(path, 0o777)
    const port = await freePort()
    writeFileSync(join(directory, 'httpd.conf'), configuration(directory, port, appPort))
    const apache = await GuardedProcess.start(port, '/usr/sbin/apache2', '-f', join(directory, 'httpd.conf'), '-D', 'FOREGROUND')
    return new ApacheServer(directory, apache, port)
  }

  async stop(): Promise<void> {
    await this.#process.end()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** A `describe` that needs Apache: without it, it is skipped with a line that says how to get it; where `SPEC_REQUIRE` lists `apache2`, it fails. */
export function describeWithApache(title: string, define: () => void): void {
  const isThere = spawnSync('/usr/sbin/apache2', ['-v'], { stdio: 'ignore' }).status === 0
  const runs = isServerThere('apache2', isThere, 'apache2')
  describe.skipIf(!runs)(runs ? title : `${title} (skipped: apt-get install apache2)`, define)
}

function configuration(directory: string, port: number, appPort: string): string {
  const user = process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''
  return `
ServerRoot ${directory}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${directory}/pid
ErrorLog ${directory}/error.log
DefaultRuntimeDir ${directory}
Mutex file:${directory}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${user}
CacheRoot ${directory}/cache
CacheEnable disk /
ProxyPass / http://127.0.0.1:${appPort}/
`
}
