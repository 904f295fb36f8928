import starlight from '@astrojs/starlight';
import { defineConfig, passthroughImageService } from 'astro/config';
import { locales } from './config/locales';

const preview = process.env.PREVIEW_HOST;

export default defineConfig({
  site: preview || 'https://lamps.example.org',
  base: '/lamps',
  trailingSlash: 'always',
  image: { service: passthroughImageService() },
  redirects: {
    '/old/oil-lamp': '/lamps/guide/oil-lamp/',
    '/old/moor': '/guide/moor/',
    '/shop': 'https://shop.example.org/',
    '/old/gas': { status: 302, destination: '/lamps/guide/' },
  },
  integrations: [
    starlight({
      title: 'Lamps',
      locales,
      pagefind: false,
    }),
  ],
});
