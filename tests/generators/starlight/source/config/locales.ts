import type { StarlightUserConfig } from '@astrojs/starlight/types';

/** Where each language is. */
export const locales = {
  root: { label: 'English', lang: 'en' },
  de: { label: 'Deutsch', lang: 'de' },
  'pt-br': { label: 'Português', lang: 'pt-BR' },
} satisfies StarlightUserConfig['locales'];
