// What a hub cannot do without: SQLite open for durable writes, and a TLS port that answers. `node bare-server.ts
// FOLDER PORT`: keys and data are kept in the folder.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const [folder = '.', port = '0'] = process.argv.slice(2)
const [certFile, keyFile] = [join(folder, 'bare.crt'), join(folder, 'bare.key')]
if (!existsSync(certFile)) {
  const { createCa } = await import('@flotilla/kube-server/http/certificates')
  const { cert, key } = await createCa({ clock: { now: () => Date.now(), monotonic: () => performance.now() } }, 'bare')
  writeFileSync(keyFile, key, { mode: 0o600 })
  writeFileSync(certFile, cert)
}
const database = new DatabaseSync(join(folder, 'bare.db'))
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS log (value TEXT)')
database.exec("INSERT INTO log VALUES ('started')")
createSecureServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_, response) => {
  response.end('ok')
}).listen(Number(port), '127.0.0.1')
