import type { Engine, StoreRates } from '../apps/store-rates.js'
import type { Bench } from '../bench.js'
import { judge, type ScenarioResult, type Target } from '../result.js'

const labels: Readonly<Record<Engine, string>> = { memory: 'memory', redis: 'Redis', postgres: 'PostgreSQL' }

/** What the stores do without HTTP around them. */
export async function storeVerbs(bench: Bench): Promise<ScenarioResult> {
  const { redisUrl, postgresUrl } = bench.servers
  const isThere = { memory: true, redis: redisUrl !== undefined, postgres: postgresUrl !== undefined }
  const engines = (['memory', 'redis', 'postgres'] as const).filter((engine) => isThere[engine])
  const { fullGuests: guests, verbsAtOnce: atOnce, floodConnections: floodAtOnce, verbMilliseconds: milliseconds, cost } = bench.size
  const measured: { readonly engine: Engine; readonly rates: StoreRates }[] = []
  for (const engine of engines) {
    const process = bench.startApps()
    const plan = { engine, guests, atOnce, floodAtOnce, milliseconds, cost, ...bench.servers }
    measured.push({ engine, rates: await process.ask('measureStore', plan) })
    await process.end()
  }
  return {
    name: 'store-verbs',
    title: `The stores' verbs, ${atOnce} at once`,
    columns: {
      resume: 'resumes a second that need no slide',
      slidingResume: 'resumes a second that slide each time',
      signIn: 'sign-ins a second',
      signInShare: `of these, beside ${bench.size.floodConnections} guests at once`,
      guest: 'guests a second',
      guestOverBudget: 'guests a second over a full budget'
    },
    rows: measured.map(({ engine, rates }) => ({ label: labels[engine], figures: { ...rates } })),
    targets: measured.filter(({ engine }) => engine !== 'memory').flatMap(({ engine, rates }) => targetsOf(engine, rates)),
    noise: []
  }
}

/** The first version wrote at each request, as a store that slides each time does. */
function targetsOf(engine: Engine, { resume, slidingResume, signInShare }: StoreRates): readonly Target[] {
  const name = labels[engine]
  const resumes = judge(`resumes without a slide over ${name}, of those with one`, 'at least', 2, exactly(resume / slidingResume))
  // Redis serves all in turn: sixty guests beside twenty sign-ins leave these a third, and hashing allows no more than a few dozen a second anyway.
  if (engine === 'redis') return [resumes]
  return [resumes, judge(`sign-ins beside a flood over ${name}, of those without it`, 'at least', 0.5, exactly(signInShare))]
}

function exactly(figure: number) {
  return { median: figure, low: figure, high: figure }
}
