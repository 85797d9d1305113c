import { fuzz } from './fuzz.js'

// 5,000 on Express 5, and once more a few on Express 4; `npm run test:long` sends many more.
const runs = Number(process.env['FUZZ_RUNS'] ?? (process.env['EXPRESS_MAJOR'] === '4' ? 500 : 5000))

fuzz('requests', Math.ceil(runs / 2))
fuzz('bytes', Math.floor(runs / 2))
