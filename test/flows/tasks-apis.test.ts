// The pages about services, APIs and dialects, played: what they say to do does what they show.

import { test } from 'vitest'
import { play } from '../door/story.ts'

test('a service that calls an API', () => play('docs/tasks/service.md'))

test('an API that introspects', () => play('docs/tasks/api.md'))

test('an API that verifies', () => play('docs/tasks/api-jwt.md'))

test('an MCP server', () => play('docs/tasks/mcp.md'))

test("a provider's dialect", () => play('docs/tasks/dialects.md'))
