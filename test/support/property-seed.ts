/** Property tests choose the same examples in every run, so that what fails was broken by a change; another seed, other examples. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20_200_311) });
