// @ts-check
const base = '/lamps/';

/** @type {import('@docusaurus/types').Config} */
const config = {
  title: 'Lamps',
  url: 'https://lamps.example.org',
  baseUrl: base,
  onBrokenLinks: 'ignore',
  onBrokenAnchors: 'ignore',
  markdown: { hooks: { onBrokenMarkdownLinks: 'ignore' } },
  i18n: { defaultLocale: 'en', locales: ['en', 'de'] },
  presets: [
    ['classic', {
      docs: { exclude: ['**/left-out.md', '**/_*.{js,md,mdx}'] },
      blog: { onUntruncatedBlogPosts: 'ignore' },
    }],
  ],
  plugins: [
    ['@docusaurus/plugin-client-redirects', {
      redirects: [{ from: ['/old', '/older'], to: '/docs/next/guide/oil' }],
    }],
  ],
};

module.exports = config;
