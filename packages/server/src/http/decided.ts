// Decided: what work answers or was refused, noted in the log before it leaves.

import type { Answer, Call } from '@patois/core'
import type { FastifyReply } from 'fastify'
import { logDecision } from './event.ts'
import { send } from './message.ts'
import { refusalAnswer, tell } from './refused.ts'
import type { Site } from './site.ts'

/** Sends what `work` answers, or what its caller hears of what it threw. */
export async function sendDecided(
  site: Site,
  call: Call,
  reply: FastifyReply,
  work: () => Promise<Answer>,
): Promise<FastifyReply> {
  try {
    const answer = await work()
    logDecision(site, call, answer.status, 'ok')
    return send(reply, answer)
  } catch (thrown) {
    const told = await tell(site, call, thrown)
    const answer = refusalAnswer(site, call, told)
    logDecision(site, call, answer.status, told.reason)
    return send(reply, answer)
  }
}
