import createMDX from '@next/mdx'
import rehypeSlug from 'rehype-slug'
import remarkFrontmatter from 'remark-frontmatter'
import remarkGfm from 'remark-gfm'

const withMDX = createMDX({
  extension: /\.mdx?$/,
  options: { remarkPlugins: [remarkFrontmatter, remarkGfm], rehypePlugins: [rehypeSlug] },
})

export default withMDX({
  output: 'export',
  pageExtensions: ['mdx', 'md', 'jsx'],
})
