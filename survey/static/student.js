// Leave now, Listen, and what a listener and the history may see. Every page is whole without.
const page = document.documentElement, speech = window.speechSynthesis;
let leaving = false, turning = false;
addEventListener("beforeunload", () => { leaving = true; });
const leave = away => {
  page.hidden = true; // nothing to be read while the next page is on its way
  if (away.form) navigator.sendBeacon(location.href, new URLSearchParams({ go: "left" }));
  location.replace("/leave");
};
// A browser that keeps pages to show them again on Back asks first whether the survey goes on.
addEventListener("pagehide", () => { page.hidden = true; });
addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
// Fills a form up to one size, and puts what was given on the page left into the history, sealed.
addEventListener("submit", async event => {
  const form = event.target, pressed = event.submitter, size = form.dataset.size;
  if (!size || !pressed) return;
  form.pad.value = "";
  const fields = new FormData(form);
  fields.append(pressed.name, pressed.value);
  const length = String(new URLSearchParams(fields)).replace(/%0A/g, "%0D%0A").length;
  fields.set("pad", form.pad.value = "0".repeat(Math.max(0, size - length)));
  if (turning) return; // pressed twice: the browser's own way
  turning = true;
  leaving = false;
  event.preventDefault();
  try {
    const answer = await fetch(location.href, {
      method: "POST", body: new URLSearchParams(fields), headers: { "X-Turn": "1" }
    });
    const [left, next] = (await answer.text()).split("\n");
    if (!answer.ok || !next) throw answer;
    history.replaceState(null, "", left);
    location.assign(next);
  } catch {
    if (!leaving && !page.hidden) pressed.click();
  }
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
