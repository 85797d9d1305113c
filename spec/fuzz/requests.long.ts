import { fuzz } from './fuzz.js'

// Half of FUZZ_RUNS; the other half is in bytes.long.ts, beside this one on another core.
fuzz('requests', Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 20_000) / 2))
