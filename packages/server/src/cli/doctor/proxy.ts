// Proxy: whether what stands between callers and the server says truly who calls.

import type { Configuration } from '../../configuration.ts'
import type { Seen } from '../../http/seen.ts'
import { makeProof } from '../../proof.ts'
import { type Finding, fault, good, warning } from './finding.ts'
import { base } from './issuer.ts'
import { reach } from './reach.ts'

/** An address that is nobody's (RFC 5737), which no proxy may believe. */
const FORGED = '203.0.113.77'
const ABOUT = 'proxy'

/** Checks whom the configuration trusts. */
export function checkTrusted({ trustedProxies }: Configuration): Finding[] {
  const all = trustedProxies.find((range) => /\/0$/.test(range))
  if (all === undefined) return []
  const fix = 'name the addresses of your proxies alone: all others may say who they are, too'
  return [fault(ABOUT, `trusted_proxies names everybody (${all})`, fix)]
}

/** Checks the way to a server that answers; it tells what it sees to who holds its master key. */
export async function checkProxy({ issuer }: Configuration, masterKey: string): Promise<Finding[]> {
  const headers = { authorization: makeProof(masterKey), 'x-forwarded-for': FORGED }
  const reached = await reach(ABOUT, `${base(issuer)}/readyz`, headers)
  if ('finding' in reached) return []
  const seen = seenIn(reached.text)
  if (!seen) return [fault(ABOUT, UNHEARD, HEARD)]
  return [checkWay(issuer, seen), ...checkCalled(issuer, seen)]
}

const UNHEARD = 'the server does not know the doctor'
const HEARD =
  'let the proxy hand on Authorization, and start the doctor with the PATOIS_MASTER_KEY of the server'

function seenIn(text: string): Seen | undefined {
  try {
    const seen = JSON.parse(text) as Seen
    return typeof seen.peer === 'string' ? seen : undefined
  } catch {
    return undefined
  }
}

function checkWay(issuer: string, seen: Seen): Finding {
  const { peer, isTrusted, forwardedFor, isLastTrusted, address } = seen
  const isDirect = forwardedFor === FORGED
  if (isDirect && !issuer.startsWith('https:')) {
    if (isTrusted) return warning(ABOUT, `there is none, and ${peer} is trusted as one`, UNNEEDED)
    return good(ABOUT, 'there is none, and nobody is believed to be one')
  }
  if (!isTrusted) {
    const says = `${peer} forwards requests and is not in trusted_proxies: all callers count as one`
    return fault(ABOUT, says, `add ${peer} to trusted_proxies`)
  }
  if (forwardedFor === null || isDirect) {
    const says = `${peer} does not say who calls: all callers count as one, or as whom they say`
    return fault(ABOUT, says, 'let it set X-Forwarded-For to the address of the caller')
  }
  if (address !== FORGED) return good(ABOUT, `${peer} says who calls, and callers cannot`)
  if (!isLastTrusted) return fault(ABOUT, 'callers can say who they are', FORGERY)
  const says = 'from here cannot be told whether callers can say who they are'
  return warning(ABOUT, says, 'run the doctor on a machine that is not in trusted_proxies')
}

const UNNEEDED = 'take it out of trusted_proxies: whoever calls from there may say who they are'
const FORGERY =
  'let the proxy set X-Forwarded-For, or add the caller to what comes, as its last one'

function checkCalled(issuer: string, { called }: Seen): Finding[] {
  const { origin } = new URL(issuer)
  if (called === origin) return []
  const says = `it forwards that it was called at ${called}, and the issuer is ${origin}`
  return [
    fault(ABOUT, says, 'set issuer to what callers use, or correct X-Forwarded-Proto and -Host'),
  ]
}
