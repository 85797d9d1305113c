import { type DirectoryProvider, directoryRouter, MemoryLoginThrottle, type PasswordHasher, type RestDirectory } from 'express-4d-directory'

/**
 * The same users with two licences and little patience, to be run into: a full pool and a throttled login, without spending what the visitor's own
 * directory grants.
 */
export function smallDirectory(provider: DirectoryProvider, passwords?: PasswordHasher): RestDirectory {
  return directoryRouter({
    provider,
    ...(passwords && { passwords }),
    session: { idleMinutes: 1, guests: 'never' },
    quotas: { sessions: 2 },
    cookie: { name: 'SMALL4D', path: '/small' },
    throttle: new MemoryLoginThrottle({
      failuresPerAccountAndAddress: 3,
      failuresPerAccount: 3,
      failuresUntilLocked: 1000,
      failuresPerAddress: 1000,
      addressRefillPerDay: 1_000_000,
      firstWaitSeconds: 10,
      longestWaitSeconds: 60
    })
  })
}
