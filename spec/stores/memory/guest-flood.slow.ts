import { survivesAFloodOfGuests } from '../../contracts/survives-a-flood-of-guests.js'

survivesAFloodOfGuests(100_000)
