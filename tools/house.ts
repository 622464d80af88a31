// Checks what Biome cannot: how files begin, how long they are, and what may stand in which folder.
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Lexed, lex } from './lex.ts'

/** A file of the repository, read once for all checks; `path` always has forward slashes. */
type Room = { path: string; text: string; lines: string[] } & Lexed

/** A rule of the house: which files it looks at, and what it reports about one. */
type Rule = { looksAt: (path: string) => boolean; faults: (room: Room) => Fault[] }

type Fault = { line: number; sentence: string }

// Tables of sentences grow with what they list; everything else is split when it is too long.
const MAY_BE_LONG = [
  /\.test\.ts$/,
  /^test\//,
  /\/dialects\//,
  /\/words\//,
  /\/migrations\//,
  /^packages\/core\/src\/refusal\.ts$/,
]
const LONGEST = 300

const SKIPPED = /^(\.git|\.patois|node_modules|dist|coverage|test-output|\.env.*|.*\.(log|tgz))$/
const TEXT = new Set([
  '',
  '.ts',
  '.tsx',
  '.mjs',
  '.js',
  '.json',
  '.md',
  '.yml',
  '.yaml',
  '.sh',
  '.sql',
  '.css',
  '.html',
])

const isScript = (path: string) => /\.(ts|tsx|mjs|js)$/.test(path)
const isTest = (path: string) => /\.test\.ts$|^test\//.test(path)
const isOurs = (path: string) => /^(packages|tools)\//.test(path) && isScript(path) && !isTest(path)
const isSource = (path: string) => /^packages\/[^/]+\/src\//.test(path) && isOurs(path)
const isIn = (folder: string) => (path: string) => path.startsWith(folder)

const mayNameDialects = (path: string) =>
  isTest(path) ||
  path.endsWith('.md') ||
  /^(packages\/core\/(src\/dialects|schema)|docs|bench|examples)\/|^package(-lock)?\.json$/.test(
    path,
  ) ||
  path === 'tools/house.ts'

const SQL =
  /\b(SELECT\s|INSERT INTO\s|UPDATE \w+ SET\s|DELETE FROM\s|(CREATE|ALTER|DROP) (TABLE|INDEX)\s)/
const TAG =
  /<!doctype|<\/[a-z][a-z0-9]*>|<(html|head|body|div|span|p|a|h[1-6]|form|input|table|tr|td|ul|li|script|style|meta|br|button|img)[\s/>]/i

const RULES: Rule[] = [
  {
    looksAt: (path) => isScript(path) || path.endsWith('.sql') || path.endsWith('.sh'),
    faults: (room) =>
      fault(!startsWithSentence(room), 'The first line must say what this file is.'),
  },
  {
    looksAt: (path) => isOurs(path) && !MAY_BE_LONG.some((pattern) => pattern.test(path)),
    faults: ({ lines }) =>
      fault(
        lines.length > LONGEST,
        `The file has ${lines.length} lines, ${LONGEST} are the most: split it.`,
        lines.length,
      ),
  },
  {
    looksAt: (path) => !mayNameDialects(path),
    faults: inLines(
      /(?<![A-Za-z])(bolt|apimatic|cal|calcom|ultracart)(?![a-z])|(Bolt|A[Pp][Ii][Mm]atic|Cal|Calcom|Ultra[Cc]art)(?![a-z])/,
      (word) => `"${word}" is a dialect's name: only the dialect's own file may know it.`,
    ),
  },
  {
    looksAt: () => true,
    faults: inLines(
      /registry\.(npmjs\.org|yarnpkg\.com|npmmirror\.com)|(?<![\w./:~$}-])\/(work|root)\/\w*/,
      (word) => `"${word}" belongs to one machine and must not stand in the repository.`,
    ),
  },
  {
    looksAt: (path) => path === 'package-lock.json',
    faults: inLines(/"resolved": "https?:/, () => 'The lock file must not name a registry.'),
  },
  {
    looksAt: (path) => path.startsWith('packages/core/src/') && isOurs(path),
    faults: inCode(
      /(?<![.\w])(Date\.now|Math\.random|process\.|fetch\(|new Date\(\))/,
      (word) => `The core has no "${word}" of its own: it must be handed in.`,
    ),
  },
  {
    looksAt: (path) =>
      isSource(path) &&
      !isIn('packages/server/src/store/')(path) &&
      !isIn('packages/client/src/stores/')(path),
    faults: inStrings(SQL, () => 'SQL stands in the stores of the server and the client only.'),
  },
  {
    looksAt: (path) =>
      isSource(path) && path.endsWith('.ts') && !isIn('packages/server/src/pages/')(path),
    faults: inStrings(TAG, () => 'HTML stands in packages/server/src/pages/ only.'),
  },
  {
    looksAt: (path) => path === 'packages/core/src/refusal.ts',
    faults: inStrings(
      /[^ !#-[\]-~]/,
      (sign) => `"${sign}" must not stand in an error_description (RFC 6749 section 5.2).`,
    ),
  },
  { looksAt: isOurs, faults: descriptions },
  { looksAt: isOurs, faults: bareExports },
  {
    looksAt: isSource,
    faults: inCode(
      /^(export )?(default )?(abstract )?class \w+(?! extends \w*(Error|Refusal)\b)\b.*/,
      () => 'A class is for errors only: use plain functions and objects.',
    ),
  },
]

/** Every fault in the repository that stands in a folder, as `path:line: sentence`, and its size. */
export function inspect(folder: string): { faults: string[]; summary: string } {
  const rooms = list(folder).map((path) => open(folder, path))
  const faults = rooms.flatMap((room) =>
    RULES.filter((rule) => rule.looksAt(room.path))
      .flatMap((rule) => rule.faults(room))
      .sort((one, other) => one.line - other.line)
      .map(({ line, sentence }) => `${room.path}:${line}: ${sentence}`),
  )
  const sizes = rooms
    .filter(({ path }) => isSource(path))
    .map(({ lines }) => lines.length)
    .sort((one, other) => one - other)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const median = sizes[Math.floor((sizes.length - 1) / 2)] ?? 0
  const summary = `${sizes.length} source files, ${total} lines, median ${median}`
  return { faults, summary }
}

function list(folder: string, at = folder): string[] {
  return readdirSync(at, { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(at, entry.name)
      if (entry.isDirectory()) return list(folder, path)
      return entry.isFile() && TEXT.has(extname(path)) ? [relative(folder, path)] : []
    })
}

function open(folder: string, path: string): Room {
  const text = readFileSync(join(folder, path), 'utf8')
  const lines = text.replace(/\n$/, '').split('\n')
  const lexed = isScript(path) ? lex(text) : { pieces: [], code: text }
  return { path: path.split(sep).join('/'), text, lines, ...lexed }
}

function fault(is: boolean, sentence: string, line = 1): Fault[] {
  return is ? [{ line, sentence }] : []
}

function startsWithSentence({ lines }: Room): boolean {
  const [first = '', second = ''] = lines
  const line = first.startsWith('#!') ? second : first
  return /^(\/\/|\/\*\*?|--|#) \S+( \S+){2,}/.test(line)
}

function inLines(pattern: RegExp, say: (found: string) => string) {
  return ({ lines }: Room): Fault[] =>
    lines.flatMap((line, index) => {
      const found = pattern.exec(line)
      return fault(found !== null, say(found?.[0] ?? ''), index + 1)
    })
}

function inCode(pattern: RegExp, say: (found: string) => string) {
  return (room: Room): Fault[] => inLines(pattern, say)({ ...room, lines: room.code.split('\n') })
}

function inStrings(pattern: RegExp, say: (found: string) => string) {
  return ({ pieces }: Room): Fault[] =>
    pieces.flatMap(({ kind, text, line }) => {
      const found = kind === 'string' || kind === 'template' ? pattern.exec(text) : null
      return fault(found !== null, say(found?.[0] ?? ''), line)
    })
}

/** Sentences written straight after `error_description:`, wherever they stand. */
function descriptions({ lines }: Room): Fault[] {
  return lines.flatMap((line, index) => {
    const [, quote = '', text = ''] = /\berror_description: *(['"`])(.*)\1/.exec(line) ?? []
    const plain = quote === '`' ? text.replace(/\$\{[^}]*\}/g, '') : text
    const sentence = 'This error_description has a character that RFC 6749 section 5.2 forbids.'
    return fault(/[^ !#-[\]-~]/.test(plain), sentence, index + 1)
  })
}

/** Exports that no comment explains; the later ones of overloads share the first one's. */
function bareExports({ path, lines, code }: Room): Fault[] {
  if (path.endsWith('.config.ts')) return []
  const names =
    /^export (?:default )?(?:abstract |async |declare )*(?:const|function|class|type|interface) (\w+)/
  const exported = code.split('\n').map((line) => names.exec(line)?.[1])
  return exported.flatMap((name, index) => {
    const before = lines[index - 1] ?? ''
    const explained = /\*\/\s*$|^\s*\/\//.test(before)
    const bare = name !== undefined && !explained && !exported.slice(0, index).includes(name)
    return fault(bare, `The export "${name}" needs a sentence above it.`, index + 1)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { faults, summary } = inspect(fileURLToPath(new URL('..', import.meta.url)))
  for (const line of faults) console.error(line)
  console.log(`house: ${summary}, ${faults.length} faults`)
  process.exitCode = faults.length > 0 ? 1 : 0
}
