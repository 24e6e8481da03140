/** Delete a study, a series or an instance, by the word of a curator. PS3.18 §8.5 has the answers that are left then: 410, or 404. */
import type { Exchange } from './exchange.js';
import { resourcePath } from './urls.js';

export async function deleteInstances({ archive, variables, callerID, response }: Exchange): Promise<void> {
  await archive.delete(resourcePath(variables), callerID);
  response.status(204).end();
}
