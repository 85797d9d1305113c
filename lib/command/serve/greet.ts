import type { Server } from 'node:http'
import { isIP } from 'node:net'

import type { DirectoryFileProvider } from '../../index.js'
import type { ServeLog } from './serve-log.js'
import type { ServeSettings } from './serve-settings.js'

/** Says what is served and where, and what its operator should know. */
export function greet(provider: DirectoryFileProvider, server: Server, settings: ServeSettings, log: ServeLog): void {
  const { directory: path, host, port, licences = null, redis, watch, forceLogin } = settings
  const url = addressOf(server, host)
  const store = redis ? `Redis at ${new URL(redis).host}` : 'memory'
  const counted = licences === null ? 'No limit of licences' : count(licences, 'licence')
  for (const warning of provider.warnings) log.warn(`Warning: ${warning}`)
  if (typeof port === 'number' && !isLoopback(host)) {
    const dangers = `passwords can be read on the way, and whoever opens ${url}/ can give licences back`
    log.warn(`Warning: ${host} can be reached from other machines, and this is plain HTTP: ${dangers}`)
  }
  log.note(
    'serving',
    `${describeCounts(provider)} of ${path}${watch ? ', read again when it is saved' : ''}
${url}/rest/$directory/login, logout, currentUser, currentUserBelongsTo${forceLogin ? '; $catalog/authentify' : ''}
${url}/ shows who holds the licences
${counted}, sessions in ${store}. Ctrl+C ends it.`,
    { url, directory: path, ...provider.counts, licences, store }
  )
  for (const origin of settings.cors ?? []) adviseOnCookie(origin, url, host, log)
}

export function tellOfReloads(provider: DirectoryFileProvider, path: string, log: ServeLog): void {
  provider.events.on('reloaded', (warnings) => {
    log.note('reloaded', `Read ${path} again: ${describeCounts(provider)}`, { directory: path, ...provider.counts })
    for (const warning of warnings) log.warn(`Warning: ${warning}`)
  })
  provider.events.on('reload-failed', (error) => log.warn(`${error.message}; what was read before still holds`))
}

/** A SameSite=Lax cookie goes to the page's own host name alone, and 127.0.0.1 and localhost are two (RFC 6265bis section 5.2). */
function adviseOnCookie(origin: string, url: string, host: string, log: ServeLog): void {
  const page = new URL(origin)
  if (page.protocol !== 'http:' || page.hostname === host || !URL.canParse(url)) return
  const address = `http://${page.hostname}:${new URL(url).port}/rest`
  log.note('cors', `A page of ${origin} has to ask ${address}: its browser sends no cookie to another host name`, { origin, address })
}

function addressOf(server: Server, host: string): string {
  const address = server.address()
  if (address === null || typeof address === 'string') return address ?? ''
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${address.port}`
}

function describeCounts({ counts: { users, groups } }: DirectoryFileProvider): string {
  return `${count(users, 'user')} and ${count(groups, 'group')}`
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.[0-9]{1,3}){3}$/.test(host)
}
