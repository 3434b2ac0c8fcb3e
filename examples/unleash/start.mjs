// Starts unleash as seamproof needs it: on one port of this machine, quiet to the outside.
import { start } from 'unleash-server';

await start({
  server: { host: '127.0.0.1', port: Number(process.argv[2]) },
  enableOAS: true,
  versionCheck: { enable: false },
  telemetry: false,
});
