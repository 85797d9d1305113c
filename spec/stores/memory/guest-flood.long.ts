import { survivesAFloodOfGuests } from '../../contracts/survives-a-flood-of-guests.js'

survivesAFloodOfGuests(Number(process.env['GUEST_REQUESTS'] ?? 1_000_000))
