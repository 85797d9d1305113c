import { fuzz } from './fuzz.js'

// Two thirds of FUZZ_RUNS; the rest is in requests.long.ts.
fuzz('bytes', Math.floor((Number(process.env['FUZZ_RUNS'] ?? 20_000) / 3) * 2))
