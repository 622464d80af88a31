// Adapters: a guard in front of plain requests, fastify, express and hono, by the shape of each.

import type { Access, Denied, Guard } from './guard.ts'

function responseOf({ status, headers, body }: Denied): Response {
  return new Response(body === '' ? null : body, { status, headers: { ...headers } })
}

/** For plain requests (fetch handlers, workers): who was let in, or the answer to give. */
export async function guardRequest(
  guard: Guard,
  request: Request,
  needs: readonly string[] = [],
): Promise<Access | Response> {
  const verdict = await guard.check(request.headers.get('authorization') ?? undefined, needs)
  return 'access' in verdict ? verdict.access : responseOf(verdict.denied)
}

type NodeRequest = { headers: { authorization?: string | undefined } }

type FastifyReply = {
  code(status: number): FastifyReply
  headers(values: Record<string, string>): FastifyReply
  send(body: string): unknown
}

/** A fastify `onRequest` hook; who was let in stands in `request.access`. */
export function fastifyGuard(guard: Guard, ...needs: readonly string[]) {
  return async (request: NodeRequest, reply: FastifyReply): Promise<unknown> => {
    const verdict = await guard.check(request.headers.authorization, needs)
    if ('denied' in verdict) {
      const { status, headers, body } = verdict.denied
      return reply
        .code(status)
        .headers({ ...headers })
        .send(body)
    }
    Object.assign(request, { access: verdict.access })
    return undefined
  }
}

type ExpressResponse = {
  status(status: number): ExpressResponse
  set(values: Record<string, string>): ExpressResponse
  send(body: string): unknown
}

/** An express middleware; who was let in stands in `request.access`. */
export function expressGuard(guard: Guard, ...needs: readonly string[]) {
  return (
    request: NodeRequest,
    response: ExpressResponse,
    next: (error?: unknown) => void,
  ): void => {
    guard.check(request.headers.authorization, needs).then((verdict) => {
      if ('denied' in verdict) {
        const { status, headers, body } = verdict.denied
        response
          .status(status)
          .set({ ...headers })
          .send(body)
      } else {
        Object.assign(request, { access: verdict.access })
        next()
      }
    }, next)
  }
}

type HonoContext = {
  req: { header(name: string): string | undefined }
  set(name: 'access', access: Access): void
}

/** A hono middleware; who was let in is `context.get('access')`. */
export function honoGuard(guard: Guard, ...needs: readonly string[]) {
  return async (context: HonoContext, next: () => Promise<void>): Promise<Response | undefined> => {
    const verdict = await guard.check(context.req.header('authorization'), needs)
    if ('denied' in verdict) return responseOf(verdict.denied)
    context.set('access', verdict.access)
    await next()
    return undefined
  }
}
