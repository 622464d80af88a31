// The one error of the emulator: what somebody asked of it that it cannot do.

/** Thrown with a sentence for whoever drives the emulator. */
export class EmulatorFault extends Error {
  /** The HTTP status that says it. */
  readonly status: number

  /** 400 unless another status says it better. */
  constructor(message: string, status = 400) {
    super(message)
    this.name = 'EmulatorFault'
    this.status = status
  }
}
