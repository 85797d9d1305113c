import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

export type Scheme = 'http' | 'https'

/** Serves on a free port of this machine, and says under which port; host names are the browser's to resolve. */
export async function listenAs(scheme: Scheme, handle: RequestListener): Promise<number> {
  const server: Server = scheme === 'http' ? createHttpServer(handle) : createHttpsServer(certificate(), handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** Another site: one page that holds what the spec puts on it. */
export function pageOf(html: string): RequestListener {
  return (_req, res) => {
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    res.end(`<!doctype html><title>Another site</title>${html}`)
  }
}

/** A key and a certificate for an hour and nobody's trust, made on the spot. */
function certificate(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = 'subjectAltName=DNS:*.test,DNS:directory.test,DNS:evil.example'
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  try {
    execFileSync('openssl', ['req', '-x509', ...kind, '-subj', '/CN=directory.test', '-addext', names, '-keyout', key, '-out', cert], {
      stdio: 'ignore'
    })
    return { key: readFileSync(key), cert: readFileSync(cert) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
