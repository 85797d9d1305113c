import type { DirectoryStatistics, RestDirectory } from 'express-4d-directory'
import { Counter, Gauge, type Registry } from 'prom-client'

type Values = (statistics: DirectoryStatistics) => Readonly<Record<string, number>>

/** Registers what `directory.statistics()` tells. What cannot be told at the moment is left out. */
export function registerDirectoryMetrics(directory: RestDirectory, register: Registry): void {
  function add(Metric: typeof Counter | typeof Gauge, name: string, help: string, label: string, values: Values): void {
    new Metric({
      name,
      help,
      labelNames: [label],
      registers: [register],
      async collect() {
        const found = values(await directory.statistics())
        this.reset()
        for (const [value, count] of Object.entries(found)) this.inc({ [label]: value }, count)
      }
    })
  }

  add(Gauge, 'directory_sessions', 'Live sessions, of all processes that share the store', 'kind', ({ sessions }) =>
    sessions === null
      ? {}
      : { signed_in: sessions.signedIn, guests: sessions.guests, unconfirmed: sessions.unconfirmed.signedIn + sessions.unconfirmed.guests }
  )
  add(Gauge, 'directory_licences', 'Quotas; what has no limit is left out', 'kind', ({ quotas }) =>
    finite({ all: quotas.sessions, signed_in: quotas.signedInSessions, guests: quotas.guestSessions })
  )
  add(Counter, 'directory_logins_total', 'Logins by what became of them', 'outcome', ({ logins }) => ({ ...logins }))
  add(Gauge, 'directory_password_checks', 'Password checks at the moment', 'state', ({ passwords }) =>
    passwords === null ? {} : { running: passwords.running, waiting: passwords.waiting }
  )
  add(Counter, 'directory_password_checks_refused_total', 'Turned away by a full queue', 'by', ({ passwords }) =>
    passwords === null ? {} : { queue: passwords.refused }
  )
  add(Gauge, 'directory_accounts_waiting', 'Accounts that have to wait after failed logins', 'by', ({ throttle }) =>
    throttle === null ? {} : { throttle: throttle.waiting }
  )
  add(Counter, 'directory_calls_total', 'Questions to the store and to the provider', 'component', ({ store, provider }) => ({
    store: store.calls,
    provider: provider.calls
  }))
  add(Counter, 'directory_failures_total', 'What could not be done, by the component that failed', 'component', ({ failures }) =>
    Object.fromEntries(failures.map(({ component, count }) => [component, count]))
  )
  add(Gauge, 'directory_mean_seconds', 'How long an answer takes, a moving mean', 'component', ({ store, provider, passwords }) => ({
    store: store.meanMilliseconds / 1000,
    provider: provider.meanMilliseconds / 1000,
    ...(passwords && { passwords: passwords.meanMilliseconds / 1000 })
  }))
}

function finite(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)))
}
