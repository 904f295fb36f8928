// What a document names, as the browser resolves it. Evaluated in the page; its own scripts are off.
(() => {
  "use strict";
  const XLINK = "http://www.w3.org/1999/xlink", HTML = "http://www.w3.org/1999/xhtml";
  // Elements that a page names after them would hide a document's and a form's own methods: call the prototype's.
  const call = (type, name) => Function.prototype.call.bind(type.prototype[name]);
  const base = Object.getOwnPropertyDescriptor(Node.prototype, "baseURI").get.call(document);
  const get = call(Element, "getAttribute"), getNS = call(Element, "getAttributeNS");
  const inDocument = call(Document, "querySelectorAll"), inFragment = call(DocumentFragment, "querySelectorAll");
  const anchor = call(Document, "createElement")(document, "a");

  const REFLECTED = {  // attributes whose property gives the resolved URL
    href: new Set(["a", "area", "link"]),
    src: new Set(["audio", "embed", "frame", "iframe", "img", "input", "script", "source", "track", "video"]),
    poster: new Set(["video"]),
    data: new Set(["object"]),
  };
  const OTHER = ["action", "background", "cite", "data-original", "data-src", "formaction", "longdesc"];
  const CANDIDATES = ["data-srcset", "imagesrcset", "srcset"];
  const HINTS = /(^|[ \t\n\f\r])(preconnect|dns-prefetch)([ \t\n\f\r]|$)/i;  // name a host, not a resource

  // https://html.spec.whatwg.org/multipage/semantics.html#shared-declarative-refresh-steps, for what is well-formed
  const REFRESH = /^[\s\d.]*[;,\s]\s*(?:url\s*=\s*)?(["']?)(.*)\1\s*$/i;
  const CSS = /url\(\s*(["']?)(.*?)\1\s*\)|@import\s+(["'])(.*?)\3/gi;

  const references = [], ids = new Set(), values = new Set();

  const resolve = raw => {  // by the document's own base and charset, as every reflecting property does
    anchor.setAttribute("href", raw);
    return anchor.href;
  };
  const note = (element, name, raw, url) =>
    references.push([raw, url || resolve(raw), URL.canParse(raw, base), `${element.localName} ${name}`]);

  const referencesOf = element => {
    const own = element.namespaceURI === HTML, tag = element.localName;
    for (const name of ["href", "src", "poster", "data"]) {
      const raw = get(element, name), reflected = own && REFLECTED[name].has(tag);
      if (raw === null || tag === "base") continue;  // in SVG, it names nothing
      if (!reflected && (name === "poster" || name === "data")) continue;  // mean nothing elsewhere
      if (own && tag === "link" && HINTS.test(get(element, "rel") || "")) values.add(raw);
      else note(element, name, raw, reflected && element.ownerDocument === document ? element[name] : null);
    }
    const linked = getNS(element, XLINK, "href");
    if (linked !== null) note(element, "xlink:href", linked, null);
  };
  const othersOf = element => {
    for (const name of OTHER) if (get(element, name) !== null) values.add(get(element, name));
    for (const name of CANDIDATES)
      for (const part of (get(element, name) || "").split(/[ \t\n\f\r]+/)) values.add(part.replace(/^,+|,+$/g, ""));
    if (element.localName === "meta") {
      const content = get(element, "content") || "", refresh = content.match(REFRESH);
      values.add(content).add(refresh ? refresh[2] : content);
    }
    css(get(element, "style") || "");
    if (element.localName === "style") css(element.textContent);
    if (element.localName === "script" && get(element, "type") === "application/ld+json") json(element.textContent);
  };
  const css = text => {
    for (const found of text.matchAll(CSS)) values.add(found[2] ?? found[4]);
  };
  const json = text => {
    try { JSON.parse(text, (_, value) => (typeof value === "string" && values.add(value), value)); } catch { /* none */ }
  };
  const within = (elements, identified) => {
    for (const element of elements) {
      referencesOf(element);
      othersOf(element);
      const named = element.namespaceURI === HTML && element.localName === "a" ? get(element, "name") : "";
      if (identified) for (const id of [get(element, "id"), named]) if (id) ids.add(id);
      if (element.content instanceof DocumentFragment) within(inFragment(element.content, "*"), false);
      if (element.shadowRoot) within(inFragment(element.shadowRoot, "*"), false);
      if (element.localName === "iframe" && get(element, "srcdoc")) srcdoc(get(element, "srcdoc"));
    }
  };
  // A document within: it resolves as its page does, but its fragments are its own.
  const srcdoc = text => {
    const before = references.length;
    within(inDocument(new DOMParser().parseFromString(text, "text/html"), "*"), false);
    const inner = references.splice(before).filter(([raw]) => !raw.trimStart().startsWith("#"));
    references.push(...inner);
  };

  within(inDocument(document, "*"), true);
  const url = document.location.href;
  return JSON.stringify({ url, base, references, ids: [...ids], values: [...values] });
})()
