import base from '../styles/base.css?inline';
import cards from '../styles/cards.css?inline';
import decisions from '../styles/decisions.css?inline';
import narrow from '../styles/narrow.css?inline';
import page from '../styles/page.css?inline';
import pictures from '../styles/pictures.css?inline';
import pills from '../styles/pills.css?inline';
import tables from '../styles/tables.css?inline';
import tokens from '../styles/tokens.css?inline';
import own from './report.css?inline';

/** The pages' rules for phones are not for paper, which is hardly wider. */
const pages = [tokens, base, page, pills, cards, tables, pictures, decisions, narrow]
  .join('\n')
  .replaceAll(/@media\s*\(/g, '@media screen and (');

/** The look of a report: that of the pages, in the light theme, which prints. */
export const STYLES = `${pages}\n${own}`;
