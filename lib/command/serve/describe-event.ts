import type { DirectoryEvent } from '../../index.js'

/** The line that `serve` prints for a login, a logout or a refusal; `null` for what is none of these. */
export function describeEvent(event: DirectoryEvent): string | null {
  const what = describe(event)
  return what === null ? null : `${event.time.toISOString()} ${what}${event.ip === '' ? '' : ` from ${event.ip}`}`
}

function describe({ event, userName, userID, reason }: DirectoryEvent): string | null {
  const who = userID === null && userName === '' ? 'a guest' : JSON.stringify(userName)
  switch (event) {
    case 'session_created':
    case 'session_renewed':
      return userID === null ? null : `login ${who}`
    case 'authn_token_revoked':
      return reason === 'logout' ? `logout ${who}` : `ended ${who}: ${reason}`
    case 'authn_login_fail':
      return `refused ${who}: ${reason}`
    case 'authn_login_fail_max':
    case 'excess_rate_limit_exceeded':
      return `refused ${who}: ${explain(reason)}`
    case 'authn_login_lock':
      return `locked ${who}: too many failed logins`
    case 'authz_fail':
    case 'malicious_extraneous':
      return `refused ${who}: ${reason}`
    case 'sys_degraded':
      return `trouble: ${reason}`
    default:
      return null
  }
}

function explain(reason: string): string {
  return reason.startsWith('sessions ') ? 'all licences are taken' : `too many failed logins (${reason})`
}
