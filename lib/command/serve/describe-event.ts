import type { DirectoryEvent } from '../../index.js'

/** The line that `serve` prints for a login, a logout or a refusal; `null` for what is none of these. */
export function describeEvent({ event, time, userName, userID, ip, reason, limit, omitted }: DirectoryEvent): string | null {
  const who = userID === null && userName === '' ? 'a guest' : JSON.stringify(userName)
  const what = describe({ event, who, userID, reason, limit })
  return what === null
    ? null
    : `${time.toISOString()} ${what}${ip === '' ? '' : ` from ${ip}`}${omitted === 0 ? '' : ` (and ${omitted} more before)`}`
}

type Told = Pick<DirectoryEvent, 'event' | 'userID' | 'reason' | 'limit'>

function describe({ event, who, userID, reason, limit }: Told & { readonly who: string }) {
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
