// Home: the start page, in dev mode with everything to try the server with.

import type { Answer } from '@patois/core'
import { homePage } from '../pages/home.ts'
import { commandsOf, signInUrl } from './demo.ts'
import type { Site } from './site.ts'
import { show, type Visit } from './visit.ts'

const PAGES = [
  ['flow', '/dev'],
  ['play', '/dev/play'],
  ['lens', '/dev/lens'],
] as const

/** GET of the start page. */
export async function visitHome(site: Site, visit: Visit): Promise<Answer> {
  const { base, demo, parts } = site
  const view = {
    base,
    issuer: parts.issuer,
    links: linksOf(site),
    ...(demo && {
      dev: { ...demo, signInUrl: signInUrl(site, demo), commands: commandsOf(site, demo) },
    }),
  }
  return show(homePage(view, visit.words))
}

function linksOf({ stations, demo, base }: Site) {
  const labels = { metadata: 'discovery', jwks: 'jwks' } as const
  const documents = (['metadata', 'jwks'] as const).flatMap((does) => {
    const station = stations.find(({ operation }) => operation.does === does)
    return station ? [{ label: labels[does], href: station.path }] : []
  })
  return [
    ...(demo ? PAGES.map(([label, path]) => ({ label, href: base + path })) : []),
    ...documents,
  ]
}
