// Splits TypeScript into code, comments and literals, as far as the checks of the house need it.

/** A comment, a string, a part of a template between `${}`, or a regular expression. */
export type Piece = {
  kind: 'comment' | 'string' | 'template' | 'regexp'
  /** What stands between the signs that open and close it, as it is written. */
  text: string
  /** Counted from 1. */
  line: number
}

/** The pieces of a source, and its code: the same text with every piece blanked out. */
export type Lexed = { pieces: Piece[]; code: string }

// In this order, because a comment may hold quotes and a string may hold comment signs.
const PATTERNS: [Piece['kind'], RegExp][] = [
  ['comment', /\/\/([^\n]*)/y],
  ['comment', /\/\*([\s\S]*?)\*\//y],
  ['string', /'((?:\\[\s\S]|[^'\\\n])*)'/y],
  ['string', /"((?:\\[\s\S]|[^"\\\n])*)"/y],
  ['regexp', /\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+)\/[a-z]*/y],
]
const TEMPLATE = /((?:\\[\s\S]|\$(?!\{)|[^`\\$])*)(`|\$\{)/y

// A slash after one of these begins a regular expression; after anything else it divides.
const BEFORE_REGEXP = /(?:^|[(,=:[!&|?{};+\-*%<>~]|\b(?:return|typeof|case|in|of|await))\s*$/

/** Reads one source file; a broken one is read as well as it can be. */
export function lex(source: string): Lexed {
  const pieces: Piece[] = []
  // For every open template, how many braces are open inside its `${}`.
  const braces: number[] = []
  let code = ''
  let at = 0

  const take = (kind: Piece['kind'], whole: string, text: string): void => {
    pieces.push({ kind, text, line: source.slice(0, at).split('\n').length })
    code += whole.replace(/[^\n]/g, ' ')
    at += whole.length
  }
  const takeTemplate = (from: number): void => {
    TEMPLATE.lastIndex = from
    const [whole = source.slice(from), text = whole, end] = TEMPLATE.exec(source) ?? []
    take('template', source.slice(at, from) + whole, text)
    if (end === '${') braces.push(0)
  }

  while (at < source.length) {
    const found = match(source, at, code)
    const sign = source[at] ?? ''
    const depth = braces.at(-1)
    if (found) take(...found)
    else if (sign === '`') takeTemplate(at + 1)
    else if (sign === '}' && depth === 0) {
      braces.pop()
      takeTemplate(at + 1)
    } else {
      if (depth !== undefined && sign === '{') braces[braces.length - 1] = depth + 1
      if (depth !== undefined && sign === '}') braces[braces.length - 1] = depth - 1
      code += sign
      at += 1
    }
  }
  return { pieces, code }
}

function match(
  source: string,
  at: number,
  code: string,
): [Piece['kind'], string, string] | undefined {
  if (!`/'"`.includes(source[at] ?? '')) return undefined
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at
    const [whole, text = ''] = pattern.exec(source) ?? []
    if (whole === undefined) continue
    if (kind === 'regexp' && !BEFORE_REGEXP.test(code.slice(-200))) continue
    return [kind, whole, text]
  }
  return undefined
}
