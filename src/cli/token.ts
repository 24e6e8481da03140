/** `nccid token`: give out tokens and take them back. */
import { type Command, Option } from 'commander';
import { parseDurationSeconds } from '../access/duration.js';
import { issueToken, listTokens, revokeToken, type TokenRequest } from '../access/tokens.js';
import { type AddCommand, type CommandContext, openKeys, withDatabase } from './context.js';

interface TokenOptions {
  readonly site?: string;
  readonly licence?: string;
  readonly person?: string;
  readonly curator?: true;
  readonly ttl: string;
}

export const addTokenCommand: AddCommand = (program, context) => {
  const token = program.command('token').description('issue a token and print it');
  token
    .addOption(new Option('--site <name>', 'for a site, to store and to search').conflicts(['licence', 'curator']))
    .addOption(new Option('--licence <reference>', 'for a person under a licence').conflicts(['site', 'curator']))
    .addOption(new Option('--person <email>', 'who works under the licence').conflicts(['site', 'curator']))
    .addOption(new Option('--curator', 'for who keeps the archive').conflicts(['site', 'licence']))
    .option('--ttl <time>', 'how long it is good: a number and s, m, h or d', '1h')
    .action(async (options: TokenOptions) => {
      context.print(await issue(context, requestOf(token, options), parseDurationSeconds(options.ttl)));
    });
  token
    .command('list')
    .description('print each token that is still good: id, kind, holder, last moment, parted by tabs')
    .action(async () => {
      const tokens = await withDatabase(context, (database) => listTokens(database, context.now()));
      for (const { tokenID, kind, holder, expiresAt } of tokens) {
        context.print([tokenID, kind, holder, expiresAt.toISOString()].join('\t'));
      }
    });
  token
    .command('revoke <jti>')
    .description('take a token back, by its id')
    .action(async (tokenID: string) => {
      await withDatabase(context, (database) => revokeToken(database, tokenID, context.now()));
      context.print(`${tokenID} revoked`);
    });
};

function requestOf(command: Command, { site, licence, person, curator }: TokenOptions): TokenRequest {
  if (site !== undefined) return { kind: 'site', site };
  if (licence !== undefined && person !== undefined) return { kind: 'licence', reference: licence, person };
  if (curator) return { kind: 'curator' };
  return command.error('error: a token is for --site NAME, for --licence REF with --person EMAIL, or for --curator');
}

async function issue(context: CommandContext, request: TokenRequest, lifetimeSeconds: number): Promise<string> {
  return withDatabase(context, async (database) => {
    const keys = await openKeys(context, { database });
    const { token } = await issueToken({ keys, database, now: context.now }, request, lifetimeSeconds);
    return token;
  });
}
