import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe } from 'vitest'

import { freePort } from './free-port.js'
import { GuardedProcess } from './guarded-process.js'
import { isServerThere } from './required-server.js'

/** A real nginx on loopback ports of its own, for `localhost`, with a certificate made for it. */
export class NginxServer {
  readonly #directory: string
  readonly #process: GuardedProcess
  readonly httpPort: number
  readonly httpsPort: number

  private constructor(directory: string, process: GuardedProcess, httpPort: number, httpsPort: number) {
    this.#directory = directory
    this.#process = process
    this.httpPort = httpPort
    this.httpsPort = httpsPort
  }

  /** Starts nginx with the servers of a configuration file, its names in braces filled in. */
  static async start(path: string, appPort: string): Promise<NginxServer> {
    const directory = mkdtempSync(join(tmpdir(), 'nginx-server-'))
    const [certificate, key] = makeCertificate(directory)
    const [httpPort, httpsPort] = [await freePort(), await freePort()]
    const values: Record<string, string> = {
      APP_PORT: appPort,
      CACHE: join(directory, 'cache'),
      CERTIFICATE: certificate,
      HTTP_PORT: `127.0.0.1:${httpPort}`,
      HTTPS_PORT: `127.0.0.1:${httpsPort}`,
      KEY: key,
      NAME: 'localhost'
    }
    const servers = readFileSync(path, 'utf8')
      .replace('{NAME}:{HTTPS_PORT}', `localhost:${httpsPort}`)
      .replace(/\{([A-Z_]+)\}/g, (_whole, name: string) => values[name] ?? '')
    writeFileSync(join(directory, 'nginx.conf'), around(servers, directory))
    const args = ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr']
    return new NginxServer(directory, await GuardedProcess.start(httpsPort, '/usr/sbin/nginx', ...args), httpPort, httpsPort)
  }

  /** The certificate, for clients that have to know it. */
  get certificate(): string {
    return readFileSync(join(this.#directory, 'certificate.pem'), 'utf8')
  }

  async stop(): Promise<void> {
    await this.#process.end()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** A `describe` that needs nginx: without it, it is skipped with a line that says how to get it; where `SPEC_REQUIRE` lists `nginx`, it fails. */
export function describeWithNginx(title: string, define: () => void): void {
  const isThere = [
    ['/usr/sbin/nginx', '-v'],
    ['openssl', 'version']
  ].every(([command = '', arg = '']) => spawnSync(command, [arg], { stdio: 'ignore' }).status === 0)
  const runs = isServerThere('nginx', isThere, 'nginx openssl')
  describe.skipIf(!runs)(runs ? title : `${title} (skipped: apt-get install nginx openssl)`, define)
}

function makeCertificate(directory: string): readonly [string, string] {
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')]
  const asked =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost'
  const { status, stderr } = spawnSync('openssl', [...asked.split(' '), '-keyout', key, '-out', certificate], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl failed: ${stderr}`)
  return [certificate, key]
}

/** What Debian's own nginx.conf has around the files in conf.d, with everything that is written in a directory of its own. */
function around(servers: string, directory: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`)
  // As root, nginx would hand its connections to a user who may not enter the directory.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `${user}
daemon off;
master_process off;
pid ${directory}/pid;
error_log stderr;
events {}
http {
access_log off;
${temporary.join('\n')}
${servers}
}
`
}
