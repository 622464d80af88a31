// Code: a mint for authorization codes, for whoever has no browser.

import type { Answer, AuthorizeOutcome, Call } from '@patois/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { EmulatorFault } from '../../emulator/fault.ts'
import { logDecision } from '../event.ts'
import { openCall, send } from '../message.ts'
import { ownStation } from '../own.ts'
import { refusalAnswer, tell } from '../refused.ts'
import type { DevSite } from '../site.ts'
import { foreign } from './local.ts'
import {
  authorizeFields,
  authorizeStation,
  factsOf,
  type MintAsked,
  mintCode,
  userOf,
} from './mint.ts'
import { readJson, readTexts } from './route.ts'
import { MINTED } from './shortcuts.ts'

const CODE = ownStation('/dev_code')
const CODE_MEMBERS = [...MINTED, 'code_challenge'] as const

/** Adds the mint. */
export function addCodeMint(app: FastifyInstance, site: DevSite): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const call = openCall(site, CODE, request)
    const { answer, reason } = await answerTo(site, call, request)
    logDecision(site, call, answer.status, reason)
    return send(reply, answer)
  }
  app.post(`${site.base}/dev/code`, { config: { station: CODE } }, handler)
}

async function answerTo(
  site: DevSite,
  call: Call,
  request: FastifyRequest,
): Promise<{ answer: Answer; reason: string }> {
  const why = foreign(site, request)
  if (why !== undefined) return { answer: said(403, `${why}\n`), reason: 'origin_foreign' }
  try {
    const asked: MintAsked = readTexts({ body: readJson(request.body) }, CODE_MEMBERS)
    const { operation, mount } = authorizeStation(site, asked.dialect)
    const user = await userOf(site, asked.username)
    const fields = authorizeFields(site, asked, operation)
    Object.assign(call, { operation, dialect: mount.dialect, fields })
    return { answer: answerOf(await mintCode(site, call, user)), reason: 'ok' }
  } catch (thrown) {
    if (thrown instanceof EmulatorFault) {
      return { answer: said(thrown.status, `${thrown.message}\n`), reason: 'not_found' }
    }
    const told = await tell(site, call, thrown)
    return { answer: refusalAnswer(site, call, told), reason: told.reason }
  }
}

function answerOf(outcome: AuthorizeOutcome): Answer {
  const { code, error, error_description } = factsOf(outcome)
  if (code) return said(200, code)
  return said(400, `${error ?? outcome.next}: ${error_description ?? ''}\n`)
}

function said(status: number, body: string): Answer {
  const headers = { 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' }
  return { status, headers, body }
}
