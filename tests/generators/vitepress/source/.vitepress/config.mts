import { defineConfig } from 'vitepress'

const base = '/lamps/'

export default defineConfig({
  title: 'Lamps',
  // base: '/other/',
  base,
  srcDir: './docs',
  srcExclude: ['parts/**', 'drafts/*.md'],
  rewrites: {
    'packages/:name/src/(.*)': 'handbook/:name/(.*)',
    'packages/:name/src/:page': 'handbook/:name/:page',
    'old-name.md': 'new-name.md',
  },
  sitemap: { hostname: 'https://lamps.example.org' },
  ignoreDeadLinks: true,
  themeConfig: { sidebar: [{ base: '/guide/', items: [] }] },
})
