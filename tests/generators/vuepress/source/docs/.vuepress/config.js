import { viteBundler } from '@vuepress/bundler-vite'
import { defaultTheme } from '@vuepress/theme-default'

export default {
  base: '/lamps/',
  title: 'Lamps',
  bundler: viteBundler(),
  theme: defaultTheme({ hostname: 'https://lamps.example.org' }),
}
