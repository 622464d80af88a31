// Real proxies in front of a server: nginx and Caddy, each with a configuration and a folder of its own.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunningProgram, startProgram } from './program.ts'

/** Starts nginx with what stands inside `http { }`; it must listen on the port. */
export const startNginx = (inside: string, port: number): Promise<RunningProgram> =>
  startProgram('nginx', port, (folder) => {
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
export const startCaddy = (caddyfile: string, port: number): Promise<RunningProgram> =>
  startProgram('caddy', port, (folder) => {
    const file = join(folder, 'Caddyfile')
    writeFileSync(file, caddyfile)
    return ['run', '--config', file, '--adapter', 'caddyfile']
  })

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
