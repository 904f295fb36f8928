import { IdAttributePlugin } from "@11ty/eleventy";

export default function (eleventyConfig) {
  eleventyConfig.addPlugin(IdAttributePlugin);
  eleventyConfig.addPassthroughCopy("src/img");
  // eleventyConfig.addPassthroughCopy("src/charts");
  eleventyConfig.addPassthroughCopy({ "extra/notes.txt": "files/notes.txt", "src/css/*.css": "style/" });
  eleventyConfig.ignores.add("src/unsent/**");
  if (process.env.TIDES) {
    eleventyConfig.ignores.add("src/flat.md");
  }
  return { dir: { input: "src", output: "_site" }, markdownTemplateEngine: "njk" };
}
