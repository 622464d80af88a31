// Draft: a dialect whose members are each of the right type, and perhaps missing.

/** Names with spots, or with several of them. */
export type Spots = Readonly<Record<string, string | readonly string[]>>

/** Names with constants. */
type Said = Readonly<Record<string, unknown>>

/** A refusal row that may lack anything. */
export type RowDraft = {
  status?: number
  code?: string
  sentence?: string
  says?: Said
  headers?: Readonly<Record<string, string>>
}

/** An operation that may lack anything. */
export type OperationDraft = {
  does?: string
  isCall?: boolean
  methods?: readonly string[]
  path?: string
  at?: string
  grants?: readonly string[]
  means?: Said
  needs?: readonly string[]
  adds?: Readonly<Record<string, string>>
  names?: Readonly<Record<string, string>>
  reads?: Spots
  answers?: {
    status?: number
    facts?: 'as they are' | Spots
    says?: Said
    headers?: Readonly<Record<string, string>>
  }
  refuses?: {
    facts?: Spots
    says?: Said
    otherwise?: RowDraft
    rows?: Readonly<Record<string, RowDraft>>
    reasons?: Readonly<Record<string, RowDraft>>
  }
}

/** A dialect that may lack anything. */
export type DialectDraft = {
  name?: string
  servers?: Readonly<Record<string, string>>
  variables?: Readonly<Record<string, string>>
  serve?: boolean
  because?: string
  scopes?: Readonly<Record<string, string>>
  policy?: {
    implies?: Readonly<Record<string, readonly string[]>>
    idToken?: { claims?: Readonly<Record<string, string>> }
  }
  operations?: Readonly<Record<string, OperationDraft>>
}

/** A spot, taken apart. */
export type SpotDraft = { owner: string; place: string; name: string; form: string }

/** Every spot of a table, taken apart. */
export function spotsOf(spots: Spots = {}): SpotDraft[] {
  return Object.entries(spots).flatMap(([owner, some]) =>
    [some].flat().map((one) => {
      const [place = '', name = '', form = 'text'] = one.split(' ')
      return { owner, place, name, form }
    }),
  )
}

/** Faults as pairs of a path and a sentence. */
export type Found = readonly (readonly [string, string])[]

/** The fault, where it is one. */
export function when(isFault: boolean, path: string, sentence: string): Found {
  return isFault ? [[path, sentence]] : []
}
