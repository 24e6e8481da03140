/** The results as one page that needs nothing else: no script, no font, no picture from anywhere. */
import { escapeXML } from '../dicom/xml.js';
import type { Result, Verdict } from '../result.js';
import { bySection, countsOf, isConforming, LEVEL_NAMES, LEVELS, type RunReport } from './summary.js';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --pass: #1a7f37; --fail: #cf222e; --skipped: #6e7781; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .6rem; vertical-align: top; }
tr { border-bottom: 1px solid var(--line); } th { font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; }
.id { white-space: nowrap; font-weight: 600; } .section { white-space: nowrap; opacity: .7; }
.pass, .fail, .skipped { font-weight: 600; white-space: nowrap; } .pass { color: var(--pass); } .fail { color: var(--fail); } .skipped { color: var(--skipped); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #8881; padding: .5rem; margin: .3rem 0; font-size: 13px; }
details summary { cursor: pointer; opacity: .8; } dt { font-weight: 600; } dd { margin: 0 0 .4rem; overflow-wrap: anywhere; } .note { opacity: .75; }
`;

const WORDS: Readonly<Record<Verdict, string>> = { pass: 'holds', fail: 'fails', skipped: 'not judged' };

const text = (value: string): string => escapeXML(value).replaceAll('&#10;', '\n');

export function writeHTML(report: RunReport): string {
  const { results, url, startedAt, milliseconds } = report;
  const title = `DICOMweb conformance of ${text(url)}`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head>
<body>
<h1>${title}</h1>
<p>${text(startedAt.slice(0, 16).replace('T', ' '))} UTC, ${(milliseconds / 1_000).toFixed(1)} s${report.isReadOnly ? ', read-only' : ''}.
<strong class="${isConforming(results) ? 'pass' : 'fail'}">${isConforming(results) ? 'Every requirement of level M that was judged holds.' : 'Not every requirement of level M holds.'}</strong></p>
${overview(results)}
${failures(results)}
${bySection(results)
  .map(([name, list]) => `<h2>${text(name)}</h2>${list.length === 0 ? '' : rows(list)}`)
  .join('\n')}
${remarks(report)}
</body>
</html>
`;
}

function overview(results: readonly Result[]): string {
  const line = (name: string, list: readonly Result[]): string => {
    const cells = LEVELS.map((level) => {
      const { pass, fail } = countsOf(list.filter((one) => one.level === level));
      const told = pass + fail === 0 ? '' : `${pass} of ${pass + fail}`;
      return `<td class="number${fail > 0 ? ' fail' : ''}">${told}</td>`;
    });
    return `<tr><td>${text(name)}</td>${cells.join('')}<td class="number">${countsOf(list).skipped || ''}</td></tr>`;
  };
  const heads = LEVELS.map((level) => `<th class="number">${LEVEL_NAMES[level]}</th>`).join('');
  const lines = bySection(results).map(([name, list]) => line(name, list));
  return `<table><thead><tr><th>section</th>${heads}<th class="number">not judged</th></tr></thead><tbody>${lines.join('')}${line('all', results)}</tbody></table>`;
}

function failures(results: readonly Result[]): string {
  const failed = results.filter(({ verdict }) => verdict === 'fail');
  if (failed.length === 0) return '';
  const list = failed.map(
    ({ id, level, section, title, expected = '', came = '', request = '', answer = '' }) =>
      `<h2 id="${id}"><span class="fail">${id}</span> ${text(title)} <span class="section">${LEVEL_NAMES[level]}, ${text(section)}</span></h2>
<dl><dt>expected</dt><dd>${text(expected)}</dd><dt>came</dt><dd>${text(came)}</dd></dl>
<details><summary>last request and answer</summary><pre>${text(request)}</pre><pre>${text(answer)}</pre></details>`,
  );
  return `<h1>Failures</h1>${list.join('\n')}<h1>All requirements</h1>`;
}

function rows(results: readonly Result[]): string {
  const lines = results.map(({ id, level, section, title, verdict, why, notes }) => {
    const more = [why, ...notes]
      .filter((one) => one !== undefined)
      .map((one) => `<br><span class="note">${text(one)}</span>`);
    const name = verdict === 'fail' ? `<a href="#${id}">${id}</a>` : id;
    return `<tr><td class="id">${name}</td><td>${level}</td><td class="${verdict}">${WORDS[verdict]}</td><td>${text(title)}${more.join('')}</td><td class="section">${text(section)}</td></tr>`;
  });
  return `<table><tbody>${lines.join('')}</tbody></table>`;
}

function remarks({ refused, left }: RunReport): string {
  const fixtures = Object.entries(refused).map(
    ([name, why]) => `<li>The fixture ${text(name)} was not stored: ${text(why)}</li>`,
  );
  const studies = left.length === 0 ? '' : `<p>Left on the server: ${left.map(text).join(', ')}</p>`;
  return fixtures.length === 0 ? studies : `<h2>Remarks</h2><ul>${fixtures.join('')}</ul>${studies}`;
}
