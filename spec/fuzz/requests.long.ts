import { fuzz } from './fuzz.js'

// A third of FUZZ_RUNS; the rest, which takes as long, is in bytes.long.ts beside this one.
fuzz('requests', Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 20_000) / 3))
