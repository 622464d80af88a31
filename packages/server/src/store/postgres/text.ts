// Text that PostgreSQL takes: it knows no NUL, and callers may send one.

const NUL = '\0'
const MARK = '\x01'
const MARKED_NUL = `${MARK}0`
const MARKED_MARK = `${MARK}1`

/** Text without NUL that stands for any text; what has neither sign in it stays as it is. */
export function writeText(text: string): string {
  return text.replaceAll(MARK, MARKED_MARK).replaceAll(NUL, MARKED_NUL)
}

/** What `writeText` was given. */
export function readText(text: string): string {
  return text.replaceAll(MARKED_NUL, NUL).replaceAll(MARKED_MARK, MARK)
}
