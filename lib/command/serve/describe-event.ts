import type { DirectoryEvent } from '../../index.js'

/** The line that `serve` prints for a login, a logout or a refusal; `null` for what is none of these. */
export function describeEvent(event: DirectoryEvent): string | null {
  const what = describe(event)
  const from = event.ip === '' ? '' : ` from ${event.ip}`
  const left = event.omitted === 0 ? '' : ` (and ${event.omitted} more before)`
  return what === null ? null : `${event.time.toISOString()} ${what}${from}${left}`
}

function describe({ event, userName, userID, reason, limit }: DirectoryEvent): string | null {
  const who = userID === null && userName === '' ? 'a guest' : JSON.stringify(userName)
  switch (event) {
    case 'session_created':
    case 'session_renewed':
      return userID === null ? null : `login ${who}`
    case 'authn_token_revoked':
      if (reason === 'logout') return `logout ${who}`
      return reason === 'ended' ? `ended ${who}` : `ended ${who}: ${reason}`
    case 'authn_login_fail_max':
    case 'excess_rate_limit_exceeded':
      return `refused ${who}: too many failed logins`
    case 'session_refused':
      return `refused ${who}: ${limit === 'sessionsPerUser' ? 'the user has as many sessions as one may have' : 'all licences are taken'}`
    case 'authn_login_lock':
      return `locked ${who}: too many failed logins`
    case 'authn_login_fail':
    case 'authz_fail':
    case 'malicious_extraneous':
      return `refused ${who}: ${reason}`
    case 'sys_degraded':
      return `trouble: ${reason}`
    default:
      return null
  }
}
