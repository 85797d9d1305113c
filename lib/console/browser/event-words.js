/** What happened, in an operator's words. The name that logs have is shown when the pointer rests on them. */
const eventWords = {
  authn_login_success: 'Logged in',
  authn_login_fail: 'Login refused',
  authn_login_fail_max: 'Has to wait after failed logins',
  authn_login_lock: 'Account locked',
  authn_token_revoked: 'Session ended',
  session_created: 'Session opened',
  session_renewed: 'Session renewed by a login',
  session_expired: 'Session expired',
  session_refused: 'No licence left',
  authz_fail: 'Not allowed',
  excess_rate_limit_exceeded: 'Login has to wait',
  malicious_extraneous: 'Sessions of two users in one request: both ended',
  sys_degraded: 'Failure'
}

/** Reasons and limits that are a word of ours; any other text says it itself. */
const reasonWords = {
  logout: 'logged out',
  ended: 'ended by an operator',
  revalidation: 'the user is gone, disabled or has another password',
  contradiction: 'one browser sent both',
  unsent: 'its cookie did not go out',
  unanswered: 'the answer had gone out before the login was done',
  idle: 'idle for too long',
  absolute: 'reached its longest time',
  evicted: 'made room for others',
  reclaimed: 'its licence was needed, and its cookie had never come back',
  'user-full': 'the user had too many',
  sessions: 'all are in use',
  sessionsPerUser: 'the user has too many',
  'account-and-address': 'too many failures of this user at this address',
  account: 'too many failures of this user',
  'account-locked': 'the account is locked',
  address: 'too many failures from this address'
}

/** By which way in; an operator's name stands for itself. */
const wayWords = { endpoint: 'by the login request', header: 'by headers', login: 'by a form', signIn: 'by other means' }

/**
 * @param {Record<string, string>} words
 * @param {string | null} name
 */
function inWords(words, name) {
  return name === null ? '' : (words[name] ?? name)
}
