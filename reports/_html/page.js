"use strict";
// Whatever the mirror holds reaches the page as the text of a node, never as markup.
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const { strings, rows, places, runs } = data;
  const count = rows.rule.length;
  const number = (value) => value.toLocaleString("en-GB");
  const plural = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
  const end = (row) => (row + 1 < count ? rows.start[row + 1] : places.line.length);
  const target = (row) => strings[rows.target[row]];
  const rule = (row) => data.rules[rows.rule[row]].name;
  const PAST = ["fixed", "unchecked"];
  const GONE = PAST.map((state) => data.states.indexOf(state));

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  // The address of a place: the text of a page is a part of it, unless it was escaped.
  const escaped = new Set(data.escaped);
  function addressOf(page, at) {
    if (!data.lines || escaped.has(page)) return null;
    const path = strings[page].split("/").map(encodeURIComponent).join("/");
    return data.lines.replace("{page}", () => path).replaceAll("{line}", String(at));
  }

  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  function day(stamp) {
    const date = new Date(stamp);
    return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  }
  const hour = (stamp) => new Date(stamp).toISOString().slice(11, 16);
  // Days tell the runs apart, or they have times too.
  const often = new Set(runs.started.map(day)).size < runs.started.length;
  const short = (stamp) => day(stamp).replace(/ \d+$/, "");
  const latest = runs.started.length ? day(runs.started[runs.started.length - 1]) : "";
  function brief(stamp) {
    if (often && day(stamp) === latest) return hour(stamp);
    return day(stamp).slice(-4) === latest.slice(-4) ? short(stamp) : day(stamp);
  }
  const moment = (stamp) => (often ? `${day(stamp)}, ${hour(stamp)}` : day(stamp));

  // --- the table

  const box = $("box"), grid = $("grid"), body = grid.tBodies[0], shown = $("count");
  const select = Object.fromEntries(["level", "turn", "rule", "state", "host", "section", "owner"].map((name) => [name, $(name)]));
  const search = $("search");
  const held = (row) => rows.held[row] === 1;
  const stateOf = (row) => (held(row) ? "baseline" : data.states[rows.state[row]] || "");

  // A text that many rows share is looked at once.
  let lower = null;
  const lowered = () => (lower = lower || strings.map((text) => text.toLowerCase()));
  function hits(query) {
    lowered();
    const wanted = query.toLowerCase();
    return Uint8Array.from(lower, (text) => (text.includes(wanted) ? 1 : 0));
  }
  function found(row, matches) {
    if (matches[rows.target[row]] || matches[rows.message[row]]) return true;
    for (let place = rows.start[row], last = end(row); place < last; place++) {
      if (matches[places.page[place]] || matches[places.reference[place]]) return true;
    }
    return false;
  }

  const naming = Int32Array.from(rows.start, (start, row) => end(row) - start);
  // The folder at the top that a page is in, by the text of the page.
  const sections = new Map();
  function sectionOf(text) {
    if (!sections.has(text)) {
      const page = strings[text], inside = page.startsWith(data.prefix) ? page.slice(data.prefix.length).split("?")[0] : "";
      sections.set(text, inside.includes("/") ? inside.split("/")[0] : "");
    }
    return sections.get(text);
  }
  const someplace = (row, test) => {
    for (let at = rows.start[row], last = end(row); at < last; at++) if (test(at)) return true;
    return false;
  };
  const ownerOf = (row) => (data.owners[row] === undefined ? "" : strings[data.owners[row]]);

  const by = (values) => (a, b) => values[a.original] - values[b.original];
  const columns = [
    { id: "level", sortFn: (a, b) => a.original - b.original }, // rows come with the worst first
    { id: "target", sortFn: by(rows.target) }, // texts of targets are numbered in their order
    { id: "rule", sortFn: by(rows.rule) },
    { id: "since", sortFn: by(rows.since) },
    { id: "pages", sortFn: by(rows.pages), sortDescFirst: true },
    { id: "places", sortFn: by(naming), sortDescFirst: true },
  ].map((column) => ({ accessorFn: (row) => row, ...column }));

  let left = null; // what the filters leave: of 100,000 rows, TanStack's own filters make as many objects at each key
  const table = TanStack.constructTable({
    features: TanStack.tableFeatures({
      coreReactivityFeature: TanStack.storeReactivityBindings(),
      rowSortingFeature: TanStack.rowSortingFeature,
      filteredRowModel: (self) => () => left || self.getCoreRowModel(),
      sortedRowModel: TanStack.createSortedRowModel(),
    }),
    columns,
    data: Array.from({ length: count }, (_, row) => row),
    enableSortingRemoval: false,
  });

  let visible = [];
  let current = 0; // the row that Tab leads to
  let wanted = -1; // the row that gets the focus as soon as it is there
  let most = 0; // rows on paper; 0: only those in sight
  const drawn = new Map();
  const narrow = matchMedia("(max-width: 46rem)");
  let height = 0; // of a row, as the style has it; all have the same
  function sized() {
    height = (narrow.matches ? 6.25 : 3.5) * parseFloat(getComputedStyle(document.documentElement).fontSize);
  }
  const view = new TanStack.Virtualizer({
    count: 0,
    getScrollElement: () => box,
    estimateSize: () => height,
    overscan: 10,
    scrollPaddingStart: 64,
    scrollToFn: TanStack.elementScroll,
    observeElementRect: TanStack.observeElementRect,
    observeElementOffset: TanStack.observeElementOffset,
    onChange: () => paint(),
  });

  function line(index) {
    const row = visible[index].original, state = stateOf(row), level = data.levels[rows.level[row]];
    const start = rows.start[row];
    const cell = (name, ...children) => make("td", { role: "gridcell", class: name }, ...children);
    const figure = (value, noun) => make("td", { role: "gridcell", class: "n", "data-label": value === 1 ? noun : `${noun}s` }, number(value));
    const worth = state && state !== "known";
    const at = `${strings[places.page[start]]}:${places.line[start]}`;
    const element = make("tr", { role: "row", "aria-rowindex": index + 2, "data-index": index, tabindex: -1 },
      cell("", make("span", { class: `level ${level}` }, level), worth ? make("span", { class: `state ${state}` }, state) : null),
      cell("", make("span", { class: "target" }, target(row)), make("span", { class: "why" }, `${strings[rows.message[row]]} · ${at}`)),
      cell("rule", rule(row)),
      make("td", { role: "gridcell", class: "n since" }, rows.since[row] ? brief(rows.since[row] * 1000) : ""),
      figure(rows.pages[row], "page"),
      figure(naming[row], "place"));
    return element;
  }

  function paint() {
    let items = view.getVirtualItems().filter((item) => item.index < visible.length);
    if (most) items = Array.from({ length: Math.min(most, visible.length) }, (_, index) => ({ index, start: 0, end: 0 }));
    const keep = new Set(items.map((item) => item.index));
    for (const [index, element] of drawn) {
      if (!keep.has(index)) {
        element.remove();
        drawn.delete(index);
      }
    }
    let before = null;
    for (const { index } of items) {
      let element = drawn.get(index);
      if (!element) {
        element = line(index);
        drawn.set(index, element);
        if (before) before.after(element);
        else body.prepend(element);
      }
      before = element;
    }
    const stop = keep.has(current) ? current : items.length ? items[0].index : -1;
    for (const [index, element] of drawn) element.tabIndex = index === stop ? 0 : -1;
    body.style.paddingTop = `${items.length ? items[0].start : 0}px`;
    body.style.paddingBottom = `${items.length && !most ? view.getTotalSize() - items[items.length - 1].end : 0}px`;
    if (wanted >= 0 && drawn.has(wanted)) {
      drawn.get(wanted).focus({ preventScroll: true });
      wanted = -1;
    }
  }

  function refresh() {
    visible = table.getRowModel().rows;
    for (const element of drawn.values()) element.remove();
    drawn.clear();
    current = 0;
    wanted = -1;
    grid.setAttribute("aria-rowcount", visible.length + 1);
    view.setOptions({ ...view.options, count: visible.length });
    view._willUpdate();
    box.scrollTop = 0;
    view.scrollOffset = 0;
    paint();
    const whole = filtered() ? ` of ${number(count)}` : "";
    shown.textContent = `${number(visible.length)}${whole}`;
    box.hidden = visible.length === 0;
    $("nothing").hidden = visible.length > 0;
    for (const [index, head] of [...grid.tHead.rows[0].cells].entries()) {
      const sorted = table.getColumn(columns[index].id).getIsSorted();
      head.setAttribute("aria-sort", sorted ? `${sorted}ending` : "none");
    }
  }

  const filtered = () => search.value || Object.values(select).some((each) => each.value);

  // What the filters and the drawer show is in the address behind `#`, so that it can be sent to somebody.
  const opening = (row) => `${rule(row)} ${target(row)}`;
  function address(row) {
    const parts = [["q", search.value], ...Object.entries(select).map(([name, each]) => [name, each.value])].filter(([, value]) => value);
    if (row >= 0) parts.push(["target", opening(row)]);
    return parts.map((part) => part.map(encodeURIComponent).join("=")).join("&");
  }
  function remember(row, replaces) {
    const now = address(row);
    if (now === location.hash.slice(1)) return;
    history[replaces ? "replaceState" : "pushState"](null, "", `#${now || "all"}`);
  }

  // Shows what the address says.
  function restore() {
    const asked = location.hash.slice(1);
    if (/^run-\d+$/.test(asked) && $(asked)) {
      $("runs").open = true;
      $(asked).scrollIntoView({ block: "center" });
    }
    if (drawer.open) drawer.close();
    if (asked && asked !== "all" && !asked.includes("=")) return;
    const parts = new Map(asked.split("&").map((part) => part.split("=").map(decoded)));
    search.value = parts.get("q") || "";
    for (const [name, each] of Object.entries(select)) {
      each.value = parts.get(name) || "";
      if (each.selectedIndex < 0) each.value = "";
    }
    if (address(-1) !== left.address) filter();
    const wanted = parts.get("target");
    if (wanted !== undefined) {
      const row = rows.rule.findIndex((_, each) => opening(each) === wanted);
      if (row >= 0) show(row);
      else tell("This run does not have that target.");
    } else if (asked.includes("=")) {
      $("targets").scrollIntoView();
      $("targets").focus({ preventScroll: true });
    }
  }
  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  let silence;
  function tell(text) {
    $("told").textContent = text;
    clearTimeout(silence);
    silence = setTimeout(() => ($("told").textContent = ""), 4000);
  }

  async function copy(button) {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code); // where scripts may not write: the old way
      if (!document.execCommand("copy")) return tell("It is selected: copy it with the keyboard.");
    }
    return tell("Copied.");
  }

  function filter() {
    const { level, turn, rule, state, host, section, owner } = Object.fromEntries(Object.entries(select).map(([name, each]) => [name, each.value]));
    const levelAt = data.levels.indexOf(level), turnAt = data.turns.indexOf(turn);
    const ruleAt = data.rules.findIndex((each) => each.name === rule);
    const hostAt = host && strings.indexOf(host === HERE ? "" : host);
    const matches = search.value ? hits(search.value) : null;
    const all = table.getCoreRowModel();
    const kept = all.rows.filter(({ original: row }) =>
      (!level || rows.level[row] === levelAt) &&
      (!turn || rows.turn[row] === turnAt) &&
      (!rule || rows.rule[row] === ruleAt) &&
      (!host || rows.host[row] === hostAt) &&
      (!section || someplace(row, (at) => sectionOf(places.page[at]) === (section === OUTSIDE ? "" : section))) &&
      (!owner || ownerOf(row) === owner) &&
      (state ? stateOf(row) === state : !GONE.includes(rows.state[row])) &&
      (!matches || found(row, matches)));
    left = { ...all, rows: kept, flatRows: kept, address: address(-1) };
    refresh();
  }

  function tally(values) {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]);
  }

  const HERE = "this mirror", OUTSIDE = "outside the folders", MOST = 500; // a longer list is no help; the search finds the others

  function offer(name, values, least = 1) {
    const counted = tally(values).filter(([value]) => value).slice(0, MOST);
    for (const [value, times] of counted) select[name].append(make("option", { value }, `${value} (${number(times)})`));
    select[name].parentElement.hidden = counted.length < least;
    return counted;
  }

  function choices() {
    const all = rows.rule.map((_, row) => row);
    offer("level", all.map((row) => data.levels[rows.level[row]]), 2);
    offer("turn", all.map((row) => data.turns[rows.turn[row]]), 2);
    offer("rule", all.map(rule));
    const states = offer("state", all.map(stateOf));
    offer("host", all.map((row) => strings[rows.host[row]] || HERE), 2);
    offer("section", all.flatMap((row) => {
      const found = new Set();
      for (let at = rows.start[row], last = end(row); at < last; at++) found.add(sectionOf(places.page[at]) || OUTSIDE);
      return [...found];
    }), 2);
    offer("owner", all.map(ownerOf));
    if (states.some(([state]) => PAST.includes(state))) select.state.options[0].textContent = "standing";
  }

  function go(index) {
    current = wanted = Math.max(0, Math.min(visible.length - 1, index));
    view.scrollToIndex(current, { align: "auto" });
    paint();
  }

  const KEYS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity };
  function keys(event) {
    const row = event.target.closest("tr[data-index]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in KEYS) go(Number(row.dataset.index) + KEYS[event.key]);
    else if (event.key === "Enter" || event.key === " ") open(Number(row.dataset.index));
    else return;
    event.preventDefault();
  }

  function live() {
    grid.setAttribute("role", "grid");
    grid.classList.add("live");
    grid.setAttribute("aria-describedby", "hint");
    grid.tHead.setAttribute("role", "rowgroup");
    body.setAttribute("role", "rowgroup");
    const heads = grid.tHead.rows[0];
    heads.setAttribute("role", "row");
    heads.setAttribute("aria-rowindex", "1");
    [...heads.cells].forEach((head, index) => {
      head.setAttribute("role", "columnheader");
      const button = make("button", { type: "button" }, head.textContent);
      button.addEventListener("click", () => {
        table.getColumn(columns[index].id).toggleSorting(undefined, false);
        refresh();
      });
      head.replaceChildren(button);
    });
    body.replaceChildren();
    body.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-index]");
      if (row) open(Number(row.dataset.index));
    });
    body.addEventListener("keydown", keys);
    body.addEventListener("focusin", (event) => {
      const row = event.target.closest("tr[data-index]");
      if (row) current = Number(row.dataset.index);
    });
    const form = $("filters");
    form.hidden = $("hint").hidden = count === 0;
    form.addEventListener("input", (event) => {
      filter();
      remember(-1, event.target === search && filtered());
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => {
      filter();
      remember(-1, false);
    }));
    for (const each of document.querySelectorAll("[data-row]")) {
      const row = Number(each.dataset.row), link = make("a", { href: `#target=${encodeURIComponent(opening(row))}` });
      link.append(...each.childNodes);
      each.append(link);
    }
    for (const each of document.querySelectorAll(".copy")) each.hidden = false;
    document.addEventListener("click", (event) => {
      const button = event.target.closest(".copy"), link = event.target.closest("a[href^='#']");
      if (button) copy(button);
      else if (link && link.hash === location.hash) restore(); // a browser does not tell of what it has already
    });
    const offered = new Set(["host", "section"].flatMap((name) => [...select[name].options].map((option) => `${name}=${option.value}`)));
    for (const head of document.querySelectorAll("[data-filter]")) {
      const { filter: name, value } = head.dataset;
      if (!offered.has(`${name}=${value}`)) continue;
      head.replaceChildren(make("a", { href: `#${name}=${encodeURIComponent(value)}`, title: "its targets" }, head.textContent));
    }
    sized();
    narrow.addEventListener("change", () => {
      sized();
      view.measure();
      paint();
    });
    view._didMount();
    view._willUpdate();
    filter();
    addEventListener("hashchange", restore);
  }

  // --- the drawer

  const drawer = $("drawer"), detail = $("detail"), PART = 20;
  let opened = -1;

  const isWeb = (text) => /^https?:\/\/[^/]/i.test(text);
  function link(url, text = url) {
    if (!isWeb(url)) return make("code", {}, text);
    return make("a", { href: url, rel: "noopener noreferrer nofollow", target: "_blank" }, make("code", {}, text));
  }
  const copied = (text, what) => [
    make("code", {}, text),
    make("button", { type: "button", class: "quiet copy", "aria-label": `Copy the ${what}` }, "Copy"),
  ];
  function mending(row) {
    const typed = data.commands[row];
    if (typed === undefined) return [];
    return [make("p", { class: "instead" }, make("b", {}, "mend it with "), ...copied(strings[typed], "command"))];
  }

  function place(at, row) {
    const page = strings[places.page[at]], reference = strings[places.reference[at]];
    const instead = places.suggestion[at] < 0 ? null : strings[places.suggestion[at]];
    const state = places.state[at] === rows.state[row] ? "" : data.states[places.state[at]];
    const where = `${page}:${places.line[at]}:${places.column[at]}`, there = addressOf(places.page[at], places.line[at]);
    const own = places.message[at] === rows.message[row] ? null : strings[places.message[at]];
    const written = [data.roles[places.role[at]], reference === target(row) ? "" : reference].filter(Boolean).join(": ");
    return make("li", {},
      make("span", { class: "place" }, isWeb(page) ? link(page) : isWeb(there || "") ? link(there, where) : where, isWeb(page) ? `:${places.line[at]}:${places.column[at]}` : ""),
      state ? make("span", { class: "state" }, state) : null,
      written ? make("span", { class: "written" }, written) : null,
      own ? make("span", { class: "written" }, own) : null,
      instead === null ? null : make("span", { class: "instead" }, make("b", {}, places.certain[at] ? "write instead " : "did you mean "), ...copied(instead, "suggestion")));
  }

  function where(row) {
    const list = make("ul", {});
    const last = end(row);
    let next = rows.start[row];
    const more = make("button", { type: "button", class: "quiet more" });
    const add = () => {
      const stop = Math.min(last, next + PART);
      while (next < stop) list.append(place(next++, row));
      more.textContent = `Show ${number(Math.min(PART, last - next))} of ${number(last - next)} more`;
      more.hidden = next === last;
    };
    more.addEventListener("click", () => {
      const first = list.childElementCount;
      add();
      list.children[first].tabIndex = -1;
      list.children[first].focus();
    });
    add();
    const title = `${plural(naming[row], "place")} on ${plural(rows.pages[row], "page")}`;
    return [make("h3", {}, title), list, more];
  }

  function redirects(row) {
    const hops = data.hops[row];
    if (!hops) return [];
    const list = make("ol", {});
    for (const [status, url] of hops) list.append(make("li", {}, `${status} to `, link(strings[url])));
    return [make("h3", {}, "Redirects"), list];
  }

  function past(row) {
    const life = data.past[row];
    if (!life) return [];
    const said = [];
    if (life.broken) said.push(`Fails since ${moment(life.broken)}, ${plural(life.failures, "run")} in a row.`);
    said.push(life.good ? `Last good on ${moment(life.good)}.` : "It was never good.");
    const strip = make("div", { class: "strip", "aria-hidden": "true" });
    const words = runs.started.slice(-90).map((started) => ["", `${moment(started)}: not asked`]);
    const offset = runs.started.length - words.length;
    const lines = [];
    for (const [first, last, verdict, status] of life.seen) {
      const answer = data.verdicts[verdict] + (status ? `, ${status}` : "");
      for (let run = Math.max(first, offset); run <= last; run++) {
        words[run - offset] = [data.verdicts[verdict], `${moment(runs.started[run])}: ${answer}`];
      }
      const until = first === last ? "" : ` to ${moment(runs.started[last])}`;
      lines.push(make("tr", {}, make("th", { scope: "row" }, moment(runs.started[first]) + until), make("td", {}, answer), make("td", { class: "n" }, number(last - first + 1))));
    }
    for (const [verdict, text] of words) strip.append(make("i", { class: verdict, title: text }));
    const head = make("tr", {}, make("th", { scope: "col" }, "When"), make("th", { scope: "col" }, "Answer"), make("th", { scope: "col", class: "n" }, "Runs"));
    const history = make("table", {}, make("thead", {}, head), make("tbody", {}, ...lines.reverse()));
    return [make("h3", {}, "Run by run"), make("p", { class: "help" }, said.join(" ")), strip, history];
  }

  function open(index) {
    opened = current = index;
    remember(visible[index].original, false);
    show(visible[index].original);
  }

  function show(row) {
    const help = data.rules[rows.rule[row]], state = stateOf(row), owner = ownerOf(row);
    $("about").replaceChildren(isWeb(target(row)) ? link(target(row)) : target(row));
    const level = data.levels[rows.level[row]], status = rows.status[row];
    const badges = make("p", { class: "badges" },
      make("span", { class: `level ${level}` }, level),
      state ? make("span", { class: `state ${state}` }, state) : null,
      make("span", {}, help.name),
      make("span", {}, data.verdicts[rows.verdict[row]] + (status ? `, ${status}` : "")));
    detail.replaceChildren(badges,
      make("p", {}, strings[rows.message[row]]),
      ...(help.why ? [make("p", { class: "help" }, `${help.why} ${help.mend}`)] : []),
      ...(owner ? [make("p", { class: "help" }, `The baseline names ${owner} as its owner.`)] : []),
      ...mending(row), ...redirects(row), ...where(row), ...past(row));
    drawer.showModal();
    drawer.scrollTop = 0;
    $("about").focus();
  }

  function drawers() {
    $("close").addEventListener("click", () => drawer.close());
    drawer.addEventListener("click", (event) => {
      if (event.target === drawer) drawer.close();
    });
    drawer.addEventListener("close", () => {
      if (drawer.open) return; // another target is shown already
      // The browser gives the focus back at once, and a key may have moved it since; unless the row is not drawn any more.
      if (opened >= 0 && opened < visible.length && !grid.contains(document.activeElement)) go(opened);
      opened = -1;
      if (location.hash.includes("target=")) remember(-1, true);
    });
  }

  // --- the charts

  const percent = (share) => (share === null || share === undefined ? "—" : `${(100 * share).toFixed(1).replace(/\.0$/, "")} %`);
  const time = (value) => (value === null || value === undefined ? "—" : value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`);
  const plain = (value) => (value === null || value === undefined ? "—" : number(value));
  const CHARTS = [
    { title: "Health", lines: [["health", "ok"]], say: percent, tick: percent, range: (_, low) => [Math.max(0, low - Math.max(0.002, (1 - low) * 0.25)), 1] },
    { title: "Targets", lines: [["broken", "broken"], ["redirected", "redirected"]], say: plain, tick: plain, range: (_, __, high) => [0, Math.max(4, high * 1.1)] },
    { title: "Latency, the median", lines: [["latency", "latency"]], say: time, tick: time, range: (_, __, high) => [0, (high || 0.1) * 1.2] },
  ];
  const COLOURS = { ok: "--ok", broken: "--broken", redirected: "--note", latency: "--soft", axis: "--soft", line: "--line" };
  const SHORT = 3 * 86_400; // seconds
  const drawnCharts = [];

  function colour(name) {
    const probe = make("span", {});
    probe.style.color = `var(${COLOURS[name]})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  function chart(holder, { title, lines, say, tick, range }) {
    const times = runs.started.map((started) => Date.parse(started) / 1000);
    const values = lines.map(([name]) => runs[name]);
    if (!values.some((each) => each.some((value) => value !== null))) return;
    const [first, last] = [times[0], times[times.length - 1]];
    const byRun = last - first < SHORT; // then the runs stand side by side
    const marks = byRun ? times.map((_, index) => index) : times;
    const span = byRun ? [-0.5, times.length - 0.5] : [first, last];
    const stamp = (at) => short(at * 1000);
    const named = (index) => (byRun ? `run ${runs.number[index]}, ${stamp(times[index])}, ${hour(times[index] * 1000)}` : stamp(times[index]));
    const ticks = byRun ? (at) => (Number.isInteger(at) && at in runs.number ? `run ${runs.number[at]}` : "") : stamp;
    const when = make("time", {});
    const keys = lines.map(([name, kind]) => make("span", { class: `key ${kind}` }, name));
    const canvas = make("div", {});
    holder.append(make("div", { class: "chart" }, make("h3", {}, title, ...keys, when), canvas));
    const told = (at) => {
      const index = at === null || at === undefined ? times.length - 1 : at;
      when.textContent = at === null || at === undefined ? "" : named(index);
      keys.forEach((key, each) => (key.textContent = `${lines.length > 1 ? `${lines[each][0]} ` : ""}${say(values[each][index])}`));
    };
    const axis = { stroke: colour("axis"), font: "11px system-ui, sans-serif", ticks: { show: false }, grid: { stroke: colour("line"), width: 1 } };
    const plot = new uPlot({
      width: canvas.clientWidth || 300,
      height: 150,
      padding: [8, 22, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: "runs" } },
      scales: { x: { time: !byRun, range: () => span }, y: { range } },
      series: [{}, ...lines.map(([name, kind]) => ({ label: name, stroke: colour(kind), width: 1.75, dash: kind === "redirected" ? [5, 3] : undefined, points: { show: byRun } }))],
      axes: [
        { ...axis, grid: { show: false }, space: 64, size: 26, values: (_, splits) => splits.map((at, index) => (index && ticks(at) === ticks(splits[index - 1]) ? "" : ticks(at))) },
        { ...axis, size: 50, space: 30, values: (_, splits) => splits.map((value) => (title === "Targets" && !Number.isInteger(value) ? "" : tick(value))) },
      ],
      hooks: { setCursor: [(self) => told(self.cursor.idx)] },
    }, [marks, ...values], canvas);
    told(null);
    drawnCharts.push([plot, canvas]);
  }

  function charts() {
    const holder = $("charts");
    if (!holder) return;
    for (const [plot] of drawnCharts.splice(0)) plot.destroy();
    holder.replaceChildren();
    for (const each of CHARTS) chart(holder, each);
  }

  // --- light and dark, and paper

  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)"), theme = $("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  function themed() {
    theme.textContent = isDark() ? "Light" : "Dark";
    theme.setAttribute("aria-label", `${theme.textContent} theme`);
    charts();
  }

  function themes() {
    theme.hidden = false;
    theme.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      themed();
    });
    dark.addEventListener("change", themed);
    let width = innerWidth;
    addEventListener("resize", () => {
      if (innerWidth === width) return;
      width = innerWidth;
      for (const [plot, canvas] of drawnCharts) plot.setSize({ width: canvas.clientWidth, height: 150 });
    });
    let kept;
    addEventListener("beforeprint", () => {
      kept = root.dataset.theme;
      root.dataset.theme = "light";
      charts();
      most = 1000;
      paint();
      if (visible.length > most) shown.textContent += `, the first ${number(most)} on paper`;
    });
    addEventListener("afterprint", () => {
      if (kept) root.dataset.theme = kept;
      else delete root.dataset.theme;
      themed();
      most = 0;
      refresh();
    });
  }

  choices();
  live();
  drawers();
  themes();
  themed();
  restore();
  (window.requestIdleCallback || setTimeout)(lowered); // before the first search needs it
})();
