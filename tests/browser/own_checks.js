// What axe does not look at. Gives complaints, and the words of the page with the language they are
// said to be in. Nothing here knows our templates: it goes by roles, boxes and computed styles.
({ leastTarget, answerTarget }) => {
  const complaints = [];
  const complain = (rule, element, said = "") =>
    complaints.push(`${rule}: ${said} ${element.outerHTML.slice(0, 140)}`);
  const shown = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: false });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);

  if (all("h1").length !== 1) complaints.push(`one h1: there are ${all("h1").length}`);
  if (all("main").length !== 1) complaints.push(`one main: there are ${all("main").length}`);
  for (const group of all("fieldset")) {
    const first = group.firstElementChild;
    if (first?.tagName !== "LEGEND" || !first.textContent.trim()) complain("legend", group);
  }
  const groups = new Map();
  for (const choice of all("input[type=radio], input[type=checkbox]")) {
    const group = choice.closest("fieldset");
    const alone = choice.type === "checkbox" && document.getElementsByName(choice.name).length === 1;
    if (!group && !alone) complain("a choice outside a fieldset", choice);
    if (choice.type === "radio" && (groups.get(choice.name) ?? group) !== group)
      complain("a group over two fieldsets", choice);
    groups.set(choice.name, group);
  }

  // Nothing sticks out, so nothing scrolls sideways.
  const root = document.documentElement;
  const wide = root.clientWidth;
  if (root.scrollWidth > wide) complaints.push(`scrolls sideways: ${root.scrollWidth} > ${wide}`);
  const atEdge = (box) => box.right > wide + 1 || box.left < -1;
  const scrolls = (element) => {
    for (let up = element; up && up !== document.body; up = up.parentElement)
      if (/auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX)) return true;
    return false;
  };
  const hiddenAside = (element) => {
    const box = element.getBoundingClientRect();
    return box.width <= 1 || box.height <= 1 || box.right <= 0 || box.bottom + scrollY <= 0;
  };
  const outside = all("body *").filter((element) =>
    !hiddenAside(element) && atEdge(element.getBoundingClientRect()) && !scrolls(element));
  for (const element of outside.slice(0, 3)) complain("sticks out", element);

  // Targets: a choice is tapped on its label.
  const isChoice = (element) => ["radio", "checkbox"].includes(element.type);
  const controls = all(
    "a[href], button, summary, input:not([type=hidden]), select, textarea, [tabindex]:not([tabindex='-1']), area[href]",
  ).filter((element) => !hiddenAside(element) || isChoice(element));
  const boxOf = (element) =>
    ((isChoice(element) && element.closest("label")) || element).getBoundingClientRect();
  const inSentence = (element) =>
    element.tagName === "A" &&
    getComputedStyle(element).display === "inline" &&
    element.parentElement.textContent.trim() !== element.textContent.trim();
  for (const control of controls) {
    if (control.tagName === "AREA") continue;
    const box = boxOf(control);
    const least = isChoice(control) || control.matches("main button, summary, .leave, .leave *")
      ? answerTarget : leastTarget;
    if (inSentence(control)) continue;
    // Eleven steps keep one row on a phone, because their place must not change the answers.
    const leastWidth = control.closest(".scale") ? leastTarget : least;
    if (box.width < leastWidth - 0.5 || box.height < least - 0.5)
      complain("target", control, `${box.width.toFixed(0)} x ${box.height.toFixed(0)} < ${least}`);
  }

  // Order of focus: down the page, and along a line in the direction it is read. From the top of
  // the page: a bar that sticks is drawn over what has been scrolled away.
  window.scrollTo({ top: 0, behavior: "instant" });
  const rightToLeft = getComputedStyle(root).direction === "rtl";
  for (const control of controls)
    if (control.tabIndex > 0) complain("a tabindex that jumps", control);
  const opensOver = (element) => // a list that opens over the page follows what opened it
    element.closest("details > *:not(summary)")?.matches("ul, div") &&
    getComputedStyle(element.closest("details > *:not(summary)")).position === "absolute";
  // Arrow keys go round a group of choices: its last, drawn above the first, is next to that.
  const goesRound = (control) => control.matches(".open > input[type=radio]");
  const inFlow = controls.filter((control) => !opensOver(control) && !goesRound(control));
  for (let at = 1; at < inFlow.length; at++) {
    const [before, after] = [boxOf(inFlow[at - 1]), boxOf(inFlow[at])];
    const shared = Math.min(before.bottom, after.bottom) - Math.max(before.top, after.top);
    const oneLine = shared > Math.min(before.height, after.height) / 2;
    const along = rightToLeft ? after.right <= before.right + 1 : after.left >= before.left - 1;
    if (oneLine ? !along : after.top < before.top - 1) complain("order of focus", inFlow[at]);
  }

  // Every word, with the language it is marked as.
  const words = new Set();
  const take = (element, text) => {
    const said = text.replace(/\s+/g, " ").trim();
    if (!said) return;
    words.add(JSON.stringify([element.closest("[lang]")?.lang ?? "", said]));
  };
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!element.closest("style, script, noscript, textarea")) take(element, walker.currentNode.data);
  }
  for (const name of ["aria-label", "title", "alt", "placeholder"])
    for (const element of document.querySelectorAll(`[${name}]`))
      take(element, element.getAttribute(name));

  return {
    complaints,
    language: root.lang,
    direction: root.dir,
    words: [...words].map((pair) => JSON.parse(pair)),
  };
}
