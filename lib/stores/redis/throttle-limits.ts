import {
  accountMemoryMilliseconds,
  dayMilliseconds,
  failuresAfterLock,
  freeRepeats,
  knownAddressesPerAccount,
  lockMilliseconds,
  pairMemoryMilliseconds,
  rememberedNames,
  rememberedSecrets,
  type ThrottleRules
} from '../../auth/throttle/rules.js'
import { toleratedClockLeadMilliseconds } from '../../clocks.js'

/** For how long an attempt holds its place when its process has died. Longer than any verification that ends. */
const leaseMilliseconds = 60_000

/** The rules under the names that the scripts have for them, in milliseconds. */
export function limitsForScripts(rules: ThrottleRules): Record<string, number> {
  return {
    pair: rules.failuresPerAccountAndAddress,
    account: rules.failuresPerAccount,
    locked: rules.failuresUntilLocked,
    addressSize: rules.failuresPerAddress,
    addressInterval: dayMilliseconds / rules.addressRefillPerDay,
    firstWait: rules.firstWaitSeconds * 1000,
    longestWait: rules.longestWaitSeconds * 1000,
    known: rules.knownAddressDays * dayMilliseconds,
    knownAddresses: knownAddressesPerAccount,
    secrets: rememberedSecrets,
    freeRepeats,
    names: rememberedNames,
    lock: lockMilliseconds,
    afterLock: failuresAfterLock(rules),
    pairMemory: pairMemoryMilliseconds,
    accountMemory: accountMemoryMilliseconds,
    lease: leaseMilliseconds,
    lead: toleratedClockLeadMilliseconds
  }
}
