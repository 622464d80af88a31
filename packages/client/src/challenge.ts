// Challenge: what an API says about the tokens that it wants, in its WWW-Authenticate header.

/** A challenge of one scheme, such as Bearer; its parameters by their names in lower case. */
export type Challenge = { scheme: string; params: Readonly<Record<string, string>> }

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const PARAM = /\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y
const NOISE = /[\s,]*/y

function at(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index
  return pattern.exec(text)
}

/** The challenges of a header (RFC 9110 §11.6.1); what cannot be read ends the list. */
export function challengesIn(header: string): Challenge[] {
  const found: { scheme: string; params: Record<string, string> }[] = []
  let index = 0
  for (;;) {
    index += at(NOISE, header, index)?.[0].length ?? 0
    const param = at(PARAM, header, index)
    const current = found.at(-1)
    if (param && current) {
      const [whole, name = '', quoted, plain = ''] = param
      current.params[name.toLowerCase()] ??= quoted?.replace(/\\(.)/g, '$1') ?? plain
      index += whole.length
      continue
    }
    const scheme = at(TOKEN, header, index)
    if (!scheme) return found
    found.push({ scheme: scheme[0], params: {} })
    index += scheme[0].length
  }
}

/** The parameters of an answer's challenge for access tokens; none when it has no such challenge. */
export function challengeOf(headers: Headers): Challenge['params'] {
  const all = challengesIn(headers.get('www-authenticate') ?? '')
  return all.find(({ scheme }) => /^(bearer|dpop)$/i.test(scheme))?.params ?? {}
}
