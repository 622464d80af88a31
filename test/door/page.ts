// A page of the documentation: the code on it, and whether its links lead somewhere.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the repository begins. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A block of code: `note` is what follows its language, `heading` what it stands under. */
export type Block = { language: string; note: string; text: string; heading: string }

/** A link as it is written, and the file that it leads to. */
export type Link = { href: string; path: string; anchor: string | undefined }

/** A page; `path` is that of its file in the repository. */
export type Page = {
  path: string
  text: string
  /** The text without its code. */
  prose: string
  blocks: readonly Block[]
  /** Its links within the repository. */
  links: readonly Link[]
  /** The texts of the blocks in one language. */
  code(language: string): string[]
}

const PIECE = /^```(\w*)(?: ([^\n]*))?\n([\s\S]*?)^```$|^#+ (.+)$/gm

/** Reads a page. */
export const openPage = (path: string): Page => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const blocks: Block[] = []
  let heading = ''
  for (const [, language = '', note = '', code, title] of text.matchAll(PIECE)) {
    if (title !== undefined) heading = title
    else if (code !== undefined) blocks.push({ language, note, text: code, heading })
  }
  const code = (wanted: string) =>
    blocks.filter(({ language }) => language === wanted).map((block) => block.text)
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
  return { path, text, prose, blocks, links: linksOf(path, prose), code }
}

// What a reader of the page can jump to: its headings, as GitHub names them.
const anchorsOf = ({ prose }: Page): string[] => {
  const seen = new Map<string, number>()
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => {
    const words = title.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    const anchor = words.trim().replaceAll(' ', '-')
    const times = seen.get(anchor) ?? 0
    seen.set(anchor, times + 1)
    return times === 0 ? anchor : `${anchor}-${times}`
  })
}

const linksOf = (path: string, text: string): Link[] =>
  [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, href = '']) => {
    const [file = '', anchor] = href.split('#')
    return { href, path: file === '' ? path : join(dirname(path), file), anchor }
  })

/** The links of a page that lead nowhere in the repository. */
export const deadLinks = (path: string): string[] =>
  openPage(path)
    .links.filter((link) => {
      if (!existsSync(join(ROOT, link.path))) return true
      return link.anchor !== undefined && !anchorsOf(openPage(link.path)).includes(link.anchor)
    })
    .map(({ href }) => href)
