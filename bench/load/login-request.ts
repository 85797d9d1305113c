import { password, people } from '../apps/people.js'
import { requestText } from './request-plan.js'

/** A login as each of the apps takes it: by the headers of 4D, and by a body for passport-local. The n-th is the n-th person's. */
export function loginRequests(path: string): readonly string[] {
  return people.map(({ userName: username }) =>
    requestText({
      method: 'POST',
      path,
      headers: { 'username-4D': username, 'password-4D': password, 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, password })
    })
  )
}

/** Loopback addresses, one for each of so many clients: a queue of logins gives one address a quarter of its places. */
export function clientAddresses(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `127.0.0.${index + 2}`)
}
