// Certificates for TLS on loopback, self-signed and good for a day (RFC 5280).

import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import { isIPv4 } from 'node:net'

const SEQUENCE = 0x30
const SET = 0x31

/** One element of DER. */
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const { length } = body
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length]
  return Buffer.concat([Buffer.from([tag, ...head]), body])
}

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const utcTime = (at: Date): Buffer =>
  der(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/\D/g, '')}Z`))

const ECDSA_SHA256 = der(SEQUENCE, oid('2a8648ce3d040302'))
const DAY_MS = 86_400_000

/** A key and a certificate for these DNS names or IPv4 addresses, both PEM; the certificate is its own authority. */
export const selfSigned = (...names: readonly string[]): { key: string; cert: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = der(SET, der(SEQUENCE, oid('550403'), der(0x0c, Buffer.from('Patois test'))))
  const subject = der(SEQUENCE, name)
  const now = Date.now()
  const validity = der(SEQUENCE, utcTime(new Date(now - DAY_MS)), utcTime(new Date(now + DAY_MS)))
  const dnsNames = names.map((one) =>
    isIPv4(one) ? der(0x87, Buffer.from(one.split('.').map(Number))) : der(0x82, Buffer.from(one)),
  )
  const altNames = der(SEQUENCE, oid('551d11'), der(0x04, der(SEQUENCE, ...dnsNames)))
  const isAuthority = der(SEQUENCE, der(0x01, Buffer.from([0xff])))
  const constraints = der(SEQUENCE, oid('551d13'), der(0x04, isAuthority))
  const serial = Buffer.from([1, ...randomBytes(8)])
  const contents = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_SHA256,
    subject,
    validity,
    subject,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, der(SEQUENCE, altNames, constraints)),
  )
  const seal = der(0x03, Buffer.from([0]), sign('sha256', contents, privateKey))
  const certificate = new X509Certificate(der(SEQUENCE, contents, ECDSA_SHA256, seal))
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  return { key, cert: certificate.toString() }
}
