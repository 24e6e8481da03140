/** The resources, and what of the program's table of routes is said about each. */
import { EXTENSION, ROUTES } from '../../../../src/dicomweb/routes.js';
import { code, markdownTable } from '../markdown-table.js';

export const routeValues = () => ({
  routes: markdownTable(
    ['method', 'path', 'transaction', 'PS3.18', 'permission'],
    ROUTES.map(({ method, template, transaction, section, permission }) => [
      method,
      code(template),
      transaction,
      section,
      code(permission),
    ]),
  ),
  searches: markdownTable(
    ['resource', 'keys of', 'answers with attributes of'],
    ROUTES.flatMap(({ template, section, searched }) =>
      searched === undefined || section === EXTENSION
        ? []
        : [[code(template), searched.matchedLevels.join(', '), searched.returnedLevels.join(', ')]],
    ),
  ),
});
