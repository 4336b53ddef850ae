#!/usr/bin/env bash
# Makes the runtime that draws charts in the browser: Vega without its compiler of expressions to
# code, which a strict content policy forbids, and without transforms that no chart of ours uses.
# Needs node and npm. The output is committed, so that nothing of this is needed to run the app.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(pwd)/survey/static/vega
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
echo '{"private": true}' > package.json
npm install --ignore-scripts --no-audit --no-fund --loglevel=error \
  vega@6.4.0 vega-interpreter@2.3.2 esbuild@0.28.2
cat > entry.js <<'JS'
import {transforms} from 'vega-dataflow';
import {expressionInterpreter} from 'vega-interpreter';
import {parse} from 'vega-parser';
import {View} from 'vega-view';
import * as data from 'vega-transforms';
import * as view from 'vega-view-transforms';
import * as encode from 'vega-encode';
Object.assign(transforms, data, view, encode);
window.vega = {parse, View, expressionInterpreter};
JS
node_modules/.bin/esbuild entry.js --bundle --minify --format=iife --target=es2020 \
  --legal-comments=none --metafile=parts.json --log-level=warning --outfile="$out/vega.js"
node - "$out/LICENCES.txt" <<'JS'
// Every package that is in the bundle, with its licence.
const fs = require('fs'), path = require('path');
const names = new Set(Object.keys(JSON.parse(fs.readFileSync('parts.json')).inputs)
  .filter((file) => file.startsWith('node_modules/'))
  .map((file) => file.split('/').slice(1, file.split('/')[1][0] === '@' ? 3 : 2).join('/')));
const told = [...names].sort().map((name) => {
  const folder = path.join('node_modules', name);
  const {version, license} = JSON.parse(fs.readFileSync(path.join(folder, 'package.json')));
  const file = fs.readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const words = file ? fs.readFileSync(path.join(folder, file), 'utf8').trim() : '';
  return `== ${name} ${version} (${license})\n\n${words}\n`;
});
fs.writeFileSync(process.argv[2], told.join('\n'));
JS
ls -l "$out"
