// Own: the pages' operations, described like a dialect's so that calls and log lines are alike.

import type { Deed, Dialect, Operation } from '@patois/core'
import type { Mount, Station } from './site.ts'

function operation(path: string): Operation {
  return {
    does: path.slice(1) as Deed,
    methods: ['GET', 'POST'],
    path,
    reads: {},
    answers: { status: 200, facts: 'as they are' },
    refuses: {
      facts: {
        error: 'json error',
        error_description: 'json error_description',
        error_uri: 'json error_uri',
      },
      otherwise: { status: 400, headers: { 'cache-control': 'no-store' } },
      rows: {},
    },
  }
}

const pages: Dialect = { name: 'pages', title: 'Pages of our own', policy: {}, operations: {} }
const mount: Mount = { dialect: pages, at: '' }

/** A station for a page of ours at `path`. */
export function ownStation(path: string): Station {
  return { mount, operation: operation(path), path }
}
