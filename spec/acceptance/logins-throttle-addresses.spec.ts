import { describe, expect, it } from 'vitest'

import { MemoryLoginThrottle } from '../../lib/index.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { addresses, serveToTheWorld } from '../support/serve-to-the-world.js'
import { Visitor } from '../support/visitor.js'

// Some of these apps do not trust their proxy, which is what they show.
expectWarnings('EXPRESS_4D_DIRECTORY_TRUST_PROXY')

describe('V CVE-2026-30827, CVE-2026-90711: an address', () => {
  it.each([
    ['IPv4 and mapped into IPv6', ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201'], '192.0.2.2'],
    ['any of an IPv6 /64', ['2001:db8:0:1::1', '2001:db8:0:1:ffff::', '2001:0DB8::1:a:b:c:d'], '2001:db8:0:2::1']
  ])('is one client as %s', async (_what, spellings, other) => {
    const throttle = new MemoryLoginThrottle({ failuresPerAccount: 1000, failuresUntilLocked: 1000 })
    const { guess } = await serveToTheWorld({ throttle })
    for (let turn = 0; turn < 10; turn++) await guess('jsmith', spellings[turn % spellings.length])

    const statuses = await Promise.all([...spellings, other].map(async (address) => (await guess('jsmith', address)).status))

    expect(statuses).toEqual([...spellings.map(() => 429), 401])
  })

  it('is what the socket says where no proxy is trusted, whatever a header says', async () => {
    const throttle = new MemoryLoginThrottle({ failuresPerAccount: 1000, failuresUntilLocked: 1000 })
    const { url } = await serve({ throttle })
    for (const [turn, address] of addresses(10).entries()) {
      await new Visitor(url).logsInAs('jsmith', `guess ${turn}`, { 'x-forwarded-for': address })
    }

    const answer = await new Visitor(url).logsInAs('jsmith', 'guess', { 'x-forwarded-for': '203.0.113.8' })

    expect(answer.status).toBe(429)
  })
})

describe('A16.3.1: the events of guessing', () => {
  it('are each failure, the one that reached the limit, the one that locked, and each refusal, in order', async () => {
    const throttle = new MemoryLoginThrottle({ failuresPerAccountAndAddress: 2, failuresPerAccount: 2, failuresUntilLocked: 3 })
    const { guess, logIn, directory, clock } = await serveToTheWorld({ throttle })
    const told: string[] = []
    directory.events.on('event', ({ event, userID, ip, reason }) => told.push([event, userID, ip, reason].join(' ').trim()))

    await guess()
    await guess()
    await guess()
    clock.passSeconds(30)
    await guess('JSMITH')
    await logIn('jsmith', 'smith', '192.0.2.2')

    const from = (address: string) => `${users[0].ID} ${address}`
    expect(told).toEqual([
      `authn_login_fail ${from('192.0.2.1')} wrong credentials`,
      `authn_login_fail ${from('192.0.2.1')} wrong credentials`,
      `authn_login_fail_max ${from('192.0.2.1')}`,
      `excess_rate_limit_exceeded ${from('192.0.2.1')} logins account-and-address`,
      `authn_login_fail ${from('192.0.2.1')} wrong credentials`,
      `authn_login_fail_max ${from('192.0.2.1')}`,
      `authn_login_lock ${from('192.0.2.1')}`,
      `excess_rate_limit_exceeded ${from('192.0.2.2')} logins account-locked`
    ])
  })
})
