// Real proxies in front of a server: nginx and Caddy, each with a configuration and a folder of its own.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A proxy that runs. */
export type RunningProxy = { port: number; close(): Promise<void> }

/** Where a program is; undefined when it is nowhere. Debian keeps what serves off some PATHs. */
export const findProgram = (name: string): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))

/** Starts nginx with what stands inside `http { }`; it must listen on the port. */
export const startNginx = (inside: string, port: number): Promise<RunningProxy> =>
  start('nginx', port, (folder) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (what) => `${what}_temp_path ${folder}/${what};`,
    )
    const lines = [
      // Its folder is closed to the user that it would become.
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      'worker_processes 1;',
      `pid ${folder}/nginx.pid;`,
      'events { worker_connections 1024; }',
      `http {\naccess_log off;\n${temporary.join('\n')}\n${inside}\n}`,
    ]
    const file = join(folder, 'nginx.conf')
    writeFileSync(file, lines.join('\n'))
    return ['-p', folder, '-c', file, '-e', 'stderr', '-g', 'daemon off;']
  })

/** Starts Caddy with a Caddyfile, without its admin port; it must listen on the port. */
export const startCaddy = (caddyfile: string, port: number): Promise<RunningProxy> =>
  start('caddy', port, (folder) => {
    const file = join(folder, 'Caddyfile')
    writeFileSync(file, caddyfile)
    return ['run', '--config', file, '--adapter', 'caddyfile']
  })

const start = async (
  name: string,
  port: number,
  prepare: (folder: string) => string[],
): Promise<RunningProxy> => {
  const program = findProgram(name)
  if (!program) throw new Error(`There is no ${name}.`)
  const folder = mkdtempSync(join(tmpdir(), `patois-${name}-`))
  mkdirSync(join(folder, 'logs'))
  const args = prepare(folder)
  const home = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(program, args, { env: { ...process.env, ...home } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text
    })
  }
  let isOver = false
  const ended = once(child, 'close').then(() => {
    isOver = true
  })
  while (!(await answers(port))) {
    if (isOver) throw new Error(`${name} does not start: ${said}`)
    await sleep(20)
  }
  return {
    port,
    close: async () => {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const answers = async (port: number): Promise<boolean> => {
  const probe = connect(port, '127.0.0.1')
  try {
    await once(probe, 'connect')
    return true
  } catch {
    return false
  } finally {
    probe.destroy()
  }
}

/** A site of nginx without TLS that keeps its connections to the server open. */
export const plainNginx = (port: number, serverPort: number): string => `
  upstream patois { server 127.0.0.1:${serverPort}; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://patois;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }`

/** The same for Caddy. */
export const plainCaddy = (port: number, serverPort: number): string => `
{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  reverse_proxy 127.0.0.1:${serverPort}
}
`
