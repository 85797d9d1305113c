import { fuzz } from './fuzz.js'

// Half of FUZZ_RUNS; the other half is in requests.long.ts.
fuzz('bytes', Math.floor(Number(process.env['FUZZ_RUNS'] ?? 20_000) / 2))
