import { renderToStaticMarkup } from 'react-dom/server';
import { Report, type Reported } from './report.js';

/** The report as the text of a file. */
export function reportHtml(reported: Reported, styles: string): string {
  return `<!doctype html>\n${renderToStaticMarkup(<Report {...reported} styles={styles} />)}\n`;
}
