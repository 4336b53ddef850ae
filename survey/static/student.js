// Leave now, Listen, and what a listener and the history may see. Every page is whole without.
const page = document.documentElement, speech = window.speechSynthesis;
const leave = away => {
  page.hidden = true; // nothing to be read while the next page is on its way
  name = "";
  if (away.form) navigator.sendBeacon(location.href, new URLSearchParams({ go: "left" }));
  location.replace("/leave");
};
// A browser that keeps pages to show them again on Back asks first whether the survey goes on.
addEventListener("pagehide", () => { page.hidden = true; });
addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
// The tab remembers what was given on each page, for Back: in its name, which is on no disk. The end
// of the survey wipes it, and a page that opens no more takes nothing out of it.
const here = location.pathname.slice(-16), mark = "given;";
const given = () => name.startsWith(mark) ? JSON.parse(name.slice(mark.length)) : {};
const fields = form => [...form.querySelectorAll("input[type=radio],input[type=checkbox],textarea")];
addEventListener("submit", event => {
  const form = event.target, pressed = event.submitter, size = form.dataset.size;
  if (!form.at) name = "";
  if (pressed && ["send", "no", "parent", "left"].includes(pressed.value)) name = "";
  if (!size) return;
  const all = given();
  all[here] = fields(form).map(it => it.type == "textarea" ? it.value : +it.checked);
  name = mark + JSON.stringify(all);
  form.pad.value = ""; // filled up to one size, so that its length tells nothing
  const sent = new FormData(form);
  if (pressed) sent.append(pressed.name, pressed.value);
  const length = String(new URLSearchParams(sent)).replace(/%0A/g, "%0D%0A").length;
  form.pad.value = "0".repeat(Math.max(0, size - length));
});
addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-size]"), mine = form && given()[here];
  if (mine) fields(form).forEach((it, n) => {
    if (it.type == "textarea") it.value = mine[n]; else it.checked = !!mine[n];
  });
});
addEventListener("DOMContentLoaded", () => {
  const away = document.querySelector(".leave"), button = document.querySelector(".listen");
  let escaped = -9999;
  if (away) {
    away.onclick = event => { event.preventDefault(); leave(away); };
    addEventListener("keydown", event => {
      if (event.key != "Escape") return;
      if (event.timeStamp - escaped < 1500) leave(away);
      escaped = event.timeStamp;
    });
  }
  if (!button || !speech) return;
  const close = tag => {
    const short = tag.split("-")[0];
    return speech.getVoices().find(voice => voice.lang.split(/[-_]/)[0] == short);
  };
  const ready = () => { button.hidden = !close(page.lang); };
  const word = button.lastChild, listen = word.data;
  let round = 0;
  const stop = () => { round++; speech.cancel(); word.data = listen; };
  button.onclick = () => {
    if (word.data != listen) return stop();
    speech.cancel();
    word.data = button.dataset.stop;
    const mine = ++round;
    const parts = document.querySelectorAll("main :is(h1,h2,p,legend,label,li)");
    const seen = [...parts].filter(part => part.offsetParent);
    seen.forEach((part, number) => {
      const said = new SpeechSynthesisUtterance(part.innerText);
      said.lang = (part.querySelector("[lang]") || part.closest("[lang]")).lang;
      said.voice = close(said.lang);
      said.onstart = () => part.classList.add("said");
      said.onend = said.onerror = () => {
        part.classList.remove("said");
        if (mine == round && number == seen.length - 1) stop();
      };
      speech.speak(said);
    });
  };
  addEventListener("pagehide", stop);
  speech.addEventListener("voiceschanged", ready);
  ready();
});
