// Writes a CycloneDX 1.5 list of what the packages hold: NuGet packages from the restored assets, npm packages from the lock files.
//   node sbom.mjs VERSION DIRECTORY-OF-ASSETS LOCKFILE...
// Packages that only build or test (npm's `dev`, NuGet's without files that run) are left out.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const [version, assetsRoot, ...locks] = process.argv.slice(2);
const components = new Map();

const add = (component) => components.set(component.purl, component);

function* assetsFiles(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* assetsFiles(path);
    else if (entry.name === 'project.assets.json') yield path;
  }
}

for (const file of assetsFiles(assetsRoot)) {
  const assets = JSON.parse(readFileSync(file, 'utf8'));
  const runs = Object.entries(assets.targets).filter(([target]) => target.includes('/')); // with a runtime: what is published
  for (const [, packages] of runs) {
    for (const [key, found] of Object.entries(packages)) {
      const library = assets.libraries[key];
      const used = Object.keys({ ...found.runtime, ...found.native }).some((name) => !name.endsWith('/_._'));
      if (found.type !== 'package' || !used) continue;
      const [name, itsVersion] = key.split('/');
      add({
        type: 'library',
        name,
        version: itsVersion,
        purl: `pkg:nuget/${name}@${itsVersion}`,
        ...(library?.sha512 && { hashes: [{ alg: 'SHA-512', content: Buffer.from(library.sha512, 'base64').toString('hex') }] }),
      });
    }
  }
  for (const framework of Object.values(assets.project.frameworks ?? {})) {
    for (const download of framework.downloadDependencies ?? []) {
      const itsVersion = download.version.replace(/^\[([^,\]]+).*$/, '$1');
      if (/\.Host\.|ILCompiler|Crossgen/i.test(download.name)) continue;
      add({ type: 'library', name: download.name, version: itsVersion, purl: `pkg:nuget/${download.name}@${itsVersion}` });
    }
  }
}

for (const lock of locks) {
  for (const [path, found] of Object.entries(JSON.parse(readFileSync(lock, 'utf8')).packages)) {
    if (!path || found.dev || found.link || !found.version) continue;
    const name = found.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const hash = found.integrity?.match(/^sha512-(.+)$/)?.[1];
    add({
      type: 'library',
      name,
      version: found.version,
      purl: `pkg:npm/${name.replace('@', '%40')}@${found.version}`,
      ...(hash && { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] }),
      ...(typeof found.license === 'string' && { licenses: [{ expression: found.license }] }),
    });
  }
}

const bom = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: { type: 'application', name: 'orbit', version } },
  components: [...components.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1)),
};
process.stdout.write(`${JSON.stringify(bom, null, 2)}\n`);
