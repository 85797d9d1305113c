import { toleratedClockLeadMilliseconds } from './clocks.js'
import type { Warnings } from './warnings.js'

/** A jump is what is more than two hosts on NTP ever differ by. */
const jumpMilliseconds = toleratedClockLeadMilliseconds

/** By how little a clock that keeps pace differs from one that is never set, over a minute or more. */
const paceMilliseconds = 5000

/**
 * The same clock, with a warning when it is put back, and when it is put ahead of `elapsed`, a clock that is never set. A clock of the host's own may run as
 * it likes, in a simulation or where specs set it: it is held against the other one once it has kept pace with it for a minute. It is read several times on
 * each request, so it looks at the other clock once a minute.
 */
export function watchClock(now: () => number, warnings: Warnings, elapsed: () => number, isSystemClock: boolean): () => number {
  let keepsPace = isSystemClock
  let latest = -Infinity
  let looked = { at: Infinity, elapsed: 0 }
  return function readClock(): number {
    const time = now()
    if (time < latest - jumpMilliseconds) {
      warn(
        warnings,
        `was put back by ${secondsOf(latest - time)} s`,
        'Sessions go on, and what was noted ahead of it is set to now when it is met'
      )
      latest = time
      looked = { at: Infinity, elapsed: 0 }
    }
    if (time > latest) latest = time
    if (!(Math.abs(time - looked.at) < jumpMilliseconds)) {
      const ran = elapsed()
      const jump = time - looked.at - (ran - looked.elapsed)
      if (Math.abs(jump) < paceMilliseconds) keepsPace = true
      if (keepsPace && Number.isFinite(jump) && jump > jumpMilliseconds)
        warn(warnings, `was put ahead by ${secondsOf(jump)} s, or the machine slept`, 'Sessions that were idle for as long have ended')
      looked = { at: time, elapsed: ran }
    }
    return time
  }
}

function warn(warnings: Warnings, what: string, consequence: string): void {
  warnings.onceAMinute('CLOCK', what.slice(0, what.indexOf(' by')), () => `The clock ${what}. ${consequence}`)
}

function secondsOf(milliseconds: number): number {
  return Math.round(milliseconds / 1000)
}
