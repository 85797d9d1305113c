/** A clock that stands still until it is set. Hand `clock.now` to what is to read it. */
export class SettableClock {
  milliseconds = Date.UTC(2026, 0, 1)

  readonly now = (): number => this.milliseconds

  passMilliseconds(milliseconds: number): void {
    this.milliseconds += milliseconds
  }

  passSeconds(seconds: number): void {
    this.passMilliseconds(seconds * 1000)
  }

  passMinutes(minutes: number): void {
    this.passMilliseconds(minutes * 60_000)
  }
}
